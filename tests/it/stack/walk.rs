//! First steps that many cases share.

use local_stack::stripe_api::Refund;
use oms_app::intake::OrderIds;
use oms_domain::id::{Channel, ChannelOrderId};

use super::shared::Local;
use crate::world::{Basket, Intent, Order, Placed, World, eventually};

impl Local {
    /// Places an order and waits until it is to be paid.
    pub async fn payable(&self, basket: &Basket) -> Placed {
        let placed = self.place(basket).await;
        self.until_status(&placed.order_id, "awaiting_payment").await;
        placed
    }

    /// The order of the web shop that this number will be. Nobody without the stack's key can know it beforehand; a storefront
    /// may know it from an answer that it got while the commit was still on its way.
    pub async fn to_be(&self, number: &str) -> Placed {
        let ids = OrderIds::from_secret(&self.engine.secret("order-id").await).unwrap();
        let id = ids.id(&Channel::parse("web").unwrap(), &ChannelOrderId::parse(number).unwrap()).unwrap();
        Placed { order_id: id.to_string(), reference: format!("{id}P01") }
    }

    /// The storefront opens a payment at Stripe.
    pub fn opens_payment(&self, placed: &Placed, cents: i64) -> Intent {
        self.opens(placed, cents, "automatic")
    }

    fn opens(&self, placed: &Placed, cents: i64, capture_method: &str) -> Intent {
        let parameters = [
            ("capture_method", capture_method.to_owned()),
            ("amount", cents.to_string()),
            ("currency", "cny".to_owned()),
            ("metadata[order_id]", placed.order_id.clone()),
            ("metadata[payment_reference]", placed.reference.clone()),
        ];
        let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.stripe.with(|ledger| {
            let created = ledger.create_intent(&parameters, None);
            ledger.intent(created.body["id"].as_str().unwrap()).unwrap().clone()
        })
    }

    /// The buyer opens a payment and pays it; Stripe has not told anybody yet.
    pub fn buyer_pays(&self, placed: &Placed, cents: i64) -> Intent {
        let intent = self.opens_payment(placed, cents);
        self.stripe.with(|ledger| ledger.pay(&intent.id, cents)).unwrap()
    }

    /// The buyer pays and Stripe tells.
    pub async fn pay(&self, placed: &Placed, cents: i64) -> Intent {
        let intent = self.buyer_pays(placed, cents);
        self.paid(&intent).await;
        intent
    }

    /// The buyer's bank promises the money, Stripe tells, and the goods go to their warehouses.
    pub async fn promised_order(&self, basket: &Basket) -> (Order, Intent) {
        let placed = self.payable(basket).await;
        let cents = basket.total();
        let intent = self.opens(&placed, cents, "manual");
        let intent = self.stripe.with(|ledger| ledger.promise(&intent.id, cents)).unwrap();
        self.promised(&intent).await;
        (self.released(&placed.order_id, 1).await, intent)
    }

    /// What Stripe has taken of a payment, and how that stands.
    pub fn taken_of(&self, intent: &Intent) -> (i64, &'static str) {
        self.stripe.with(|ledger| ledger.intent(&intent.id).map(|i| (i.received, i.status))).unwrap()
    }

    /// An order that is paid.
    pub async fn paid_order(&self, basket: &Basket) -> (Placed, Intent) {
        let placed = self.payable(basket).await;
        let intent = self.pay(&placed, basket.total()).await;
        (placed, intent)
    }

    /// An order that is paid and with its warehouses, in this many shipments.
    pub async fn released_order(&self, basket: &Basket, shipments: usize) -> (Order, Intent) {
        let (placed, intent) = self.paid_order(basket).await;
        (self.released(&placed.order_id, shipments).await, intent)
    }

    /// Waits until the sweep has brought the order there: sweeping again and again, as the schedule does once a minute.
    pub async fn swept_until(&self, order_id: &str, what: &str, is_so: impl Fn(&Order) -> bool) -> Order {
        eventually(what, async || {
            let swept = self.engine.sweep().await;
            assert_eq!(swept["failed"], 0, "{swept}");
            let order = self.order(order_id).await;
            if is_so(&order) { Ok(order) } else { Err(order.story()) }
        })
        .await
    }

    /// The refunds that Stripe made of a payment.
    pub fn refunds_of(&self, intent: &Intent) -> Vec<Refund> {
        let of_it = |refund: &&Refund| refund.payment_intent == intent.id;
        self.stripe.with(|ledger| ledger.refunds().iter().filter(of_it).cloned().collect())
    }

    /// That Stripe made exactly one refund of a payment, in full and under the key that is the refund's own id.
    pub fn refunded_once(&self, order: &Order, intent: &Intent) {
        let refunds = self.refunds_of(intent);
        assert_eq!(refunds.len(), 1, "{}", order.story());
        assert_eq!(refunds[0].amount, intent.amount, "{}", order.story());
        let key = order.text("/refunds/0/refund_id");
        assert_eq!(refunds[0].metadata["refund_id"], key, "{}", order.story());
        assert!(self.stripe.with(|ledger| ledger.keys().any(|known| known == key)), "the key of {key}");
    }

    /// That nothing was asked of Stripe that Stripe would not have forgiven.
    pub fn stripe_is_content_with(&self, intent: &Intent) {
        let violations = self.stripe.with(|ledger| ledger.violations().to_vec());
        let about: Vec<&String> = violations.iter().filter(|violation| violation.contains(&intent.id)).collect();
        assert!(about.is_empty(), "{about:?}");
    }
}

impl World {
    /// Waits until the order is with its warehouses in this many shipments.
    pub async fn released(&self, order_id: &str, shipments: usize) -> Order {
        let what = format!("should be released in {shipments}");
        self.until(order_id, &what, |order| order.status() == "in_fulfilment" && order.is_released(shipments)).await
    }

    /// Waits for the good end.
    pub async fn completed(&self, order_id: &str) -> Order {
        let order = self.until_status(order_id, "completed").await;
        assert_eq!((order.payment_status(), order.fulfilment_status()), ("paid", "delivered"), "{}", order.story());
        order
    }
}
