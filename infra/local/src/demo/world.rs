//! Everyone around the system, telling the reader what they do.

use std::time::{Duration, Instant};

use local_stack::benefits::BenefitsService;
use local_stack::error::{LocalError, Result};
use local_stack::shop::{Placed, Shop};
use local_stack::stack::RETURN_HOST;
use local_stack::stack_file::StackFile;
use local_stack::stripe_api::{Refund, StripeStandIn};
use local_stack::wallets::{Trade, Wallet, WalletsStandIn};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::order::{Order, Shipment};

/// How often an order is looked at while something is awaited.
const PACE: Duration = Duration::from_millis(100);
/// How long anything prompt may take; the engine is a Python program on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    shop: Shop,
    wallets: WalletsStandIn,
    benefits: BenefitsService,
}

impl World {
    pub(crate) fn new(
        stack: StackFile,
        stripe: StripeStandIn,
        wallets: WalletsStandIn,
        benefits: BenefitsService,
    ) -> Result<Self> {
        Ok(Self { shop: Shop::new(stack, stripe)?, wallets, benefits })
    }

    pub(crate) fn stripe_url(&self) -> String {
        self.shop.stripe.url()
    }

    pub(crate) fn wallets_url(&self) -> String {
        self.wallets.url()
    }

    /// A buyer has a gift card worth this many whole yuan; its code.
    pub(crate) fn sell_gift_card(&self, yuan: u32) -> String {
        let code = self.number("GC");
        self.benefits.with(|books| books.stock_mut().gift_cards.insert(code.clone(), yuan.into()));
        code
    }

    /// What is left on a gift card.
    pub(crate) fn left_on(&self, code: &str) -> Decimal {
        self.benefits.with(|books| books.stock().gift_cards.get(code).copied().unwrap_or_default())
    }

    /// What no provider would have forgiven.
    pub(crate) fn violations(&self) -> Vec<String> {
        let stripe = self.shop.stripe.with(|ledger| ledger.violations().to_vec());
        let wallets =
            Wallet::ALL.iter().flat_map(|wallet| self.wallets.with(*wallet, |books| books.violations().to_vec()));
        stripe.into_iter().chain(wallets).collect()
    }

    /// A number that was never used, such as `W-1795…-3`.
    pub(crate) fn number(&self, prefix: &str) -> String {
        self.shop.number(prefix)
    }

    /// A storefront or a marketplace places an order; the answer must be 202.
    pub(crate) async fn place(&self, credential: &str, body: &Value) -> Result<Order> {
        let answer = self.shop.send("POST", "/v1/orders", credential, Some(body)).await?;
        let id = answer.get("order_id").and_then(Value::as_str).unwrap_or_default();
        say(&format!("{credential} posts the order: 202, {id}"));
        self.order(id).await
    }

    pub(crate) async fn order(&self, id: &str) -> Result<Order> {
        // Support sees the orders of every channel; a storefront only its own.
        self.shop.send("GET", &format!("/v1/orders/{id}"), "support", None).await.map(Order)
    }

    /// Waits until the order is as described.
    pub(crate) async fn until(&self, id: &str, what: &str, is_so: impl Fn(&Order) -> bool) -> Result<Order> {
        self.until_within(PATIENCE, id, what, is_so).await
    }

    /// Waits this long at most.
    pub(crate) async fn until_within(
        &self,
        patience: Duration,
        id: &str,
        what: &str,
        is_so: impl Fn(&Order) -> bool,
    ) -> Result<Order> {
        let since = Instant::now();
        loop {
            let order = self.order(id).await?;
            if is_so(&order) {
                return Ok(order);
            }
            if since.elapsed() > patience {
                order.print_timeline();
                return Err(LocalError::Failed(format!("{id} should be {what} and is {}", order.states())));
            }
            tokio::time::sleep(PACE).await;
        }
    }

    /// The storefront opens a payment at Stripe, the buyer pays it, and Stripe tells the stack, three times as it happens.
    pub(crate) async fn pay(&self, order: &Order, reference: &str, cents: u32) -> Result<String> {
        let placed = Placed { order_id: order.id().to_owned(), reference: reference.to_owned(), cents };
        let id = self.shop.pay(&placed, 3).await?;
        say(&format!("the buyer pays {id}; Stripe says payment_intent.succeeded, three times"));
        Ok(id)
    }

    /// The storefront has the stack begin the payment, and hears what to show the buyer. WeChat Pay wants to call back over https,
    /// which a local stack has not, so there the storefront begins it itself.
    pub(crate) async fn begin_by_wallet(&self, wallet: Wallet, order: &Order) -> Result<()> {
        let client = match wallet {
            Wallet::Wechatpay => return Ok(()),
            Wallet::Alipay => "qr",
            Wallet::Adyen | Wallet::Paypal => "web",
        };
        let path = format!("/v1/orders/{}/payments/p1/start", order.id());
        let thanks = format!("https://{RETURN_HOST}/thanks");
        let body = json!({ "client": client, "return_url": thanks });
        let answer = self.shop.send("POST", &path, "storefront", Some(&body)).await?;
        let next =
            |name: &str| answer.pointer(&format!("/next_action/{name}")).and_then(Value::as_str).unwrap_or_default();
        say(&format!("the stack begins the payment at {}: {} {}", wallet.name(), next("type"), next("url")));
        Ok(())
    }

    /// The buyer pays with a wallet, and the wallet tells the stack, three times as it happens.
    pub(crate) async fn pay_by_wallet(&self, wallet: Wallet, reference: &str, cents: u32) -> Result<Trade> {
        let trade = self.wallets.with(wallet, |books| {
            if books.trade(reference).is_none() {
                books.begin(reference, i64::from(cents));
            }
            books.pay(reference)
        });
        let trade = trade.ok_or_else(|| LocalError::Failed(format!("{} takes no payment", wallet.name())))?;
        let said = wallet.paid(&self.shop.stack, &self.number("evt"), &trade)?;
        for _ in 0..3 {
            self.shop.wallet_says(wallet, &said).await?;
        }
        say(&format!("the buyer pays {}; {} says so, three times", trade.id, wallet.name()));
        Ok(trade)
    }

    /// Waits for the one refund of a trade, and lets the wallet tell that it has gone through.
    pub(crate) async fn wallet_refunds(&self, wallet: Wallet, trade: &Trade) -> Result<()> {
        let since = Instant::now();
        let refund = loop {
            let refund = self.wallets.with(wallet, |books| books.refunds_of(&trade.id).next().cloned());
            if let Some(refund) = refund {
                break refund;
            }
            if since.elapsed() > PATIENCE {
                return Err(LocalError::Failed(format!("{} was asked for no refund of {}", wallet.name(), trade.id)));
            }
            tokio::time::sleep(PACE).await;
        };
        say(&format!("{} is asked for the refund {} and says that it went through", wallet.name(), refund.number));
        self.shop.wallet_says(wallet, &wallet.refunded(&self.shop.stack, &self.number("evt"), trade, &refund)?).await
    }

    /// Refunds that Stripe made of a payment.
    pub(crate) fn refunds_of(&self, intent: &str) -> Vec<Refund> {
        self.shop.refunds_of(intent)
    }

    /// Stripe confirms a refund.
    pub(crate) async fn confirm_refund(&self, refund: &Refund) -> Result<()> {
        self.shop.confirm(refund).await?;
        say(&format!("Stripe says refund.updated for {}", refund.id));
        Ok(())
    }

    /// The warehouse reports on a shipment.
    pub(crate) async fn warehouse(&self, shipment: &Shipment, report: &Value) -> Result<()> {
        self.shop.warehouse(&shipment.id, report).await?;
        let event = report.get("event").and_then(Value::as_str).unwrap_or_default();
        say(&format!("{} reports {}: {event}", shipment.location, shipment.id));
        Ok(())
    }

    /// The warehouse takes the shipment on, packs it and hands it over; the tracking number comes back.
    pub(crate) async fn ship(&self, shipment: &Shipment) -> Result<String> {
        let tracking = self.number("SF").replace('-', "");
        self.warehouse(shipment, &json!({ "event": "accepted" })).await?;
        self.warehouse(shipment, &json!({ "event": "packed" })).await?;
        let shipped = json!({ "event": "shipped", "carrier": "standard", "tracking_number": tracking });
        self.warehouse(shipment, &shipped).await?;
        Ok(tracking)
    }

    /// The carrier scans the parcel on its way and at the door.
    pub(crate) async fn carry(&self, tracking: &str) -> Result<()> {
        for status in ["in_transit", "out_for_delivery", "delivered"] {
            self.shop.scan(tracking, status).await?;
        }
        say(&format!("the carrier scans {tracking}: in_transit, out_for_delivery, delivered"));
        Ok(())
    }

    /// A member of staff gives an order.
    pub(crate) async fn command(&self, credential: &str, path: &str, body: &Value) -> Result<Value> {
        let answer = self.shop.send("POST", path, credential, Some(body)).await?;
        let short = path.rsplit('/').next().unwrap_or(path);
        say(&format!("{credential}: {short}, \"{}\"", body.get("reason").and_then(Value::as_str).unwrap_or_default()));
        Ok(answer)
    }

    /// Units of a SKU that are promised to orders, over all locations.
    pub(crate) async fn promised(&self, sku: &str) -> Result<u64> {
        let stock = self.shop.send("GET", &format!("/v1/stock/{sku}"), "manager", None).await?;
        let locations = stock.get("locations").and_then(Value::as_array).cloned().unwrap_or_default();
        let count = |location: &Value, key: &str| location.get(key).and_then(Value::as_u64).unwrap_or_default();
        Ok(locations.iter().map(|location| count(location, "held") + count(location, "committed")).sum())
    }
}

/// Tells the reader what somebody does.
pub(crate) fn say(what: &str) {
    println!("  · {what}");
}
