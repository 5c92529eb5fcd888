//! A payment is begun while the order moves on: what nobody else knows of is called off at once, what the order knows is its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oms_app::error::AppError;
use oms_app::ports::{
    CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, LoadedOrder, NextAction, OrderStore, Payer,
    PaymentGateway, RefundAnswer, RefundRequest, StartAnswer, StartRequest, Started,
};
use oms_app::starting::{Ask, Starting};
use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::command::Command;
use oms_domain::id::PaymentId;
use oms_domain::payment_start::PayerClient;
use oms_domain::refusal::Refusal;
use oms_testkit::build::{an_order, cny};
use oms_testkit::shop::Shop;
use oms_testkit::shop::acts::Act;

/// A provider that begins everything, and keeps what it is asked.
#[derive(Default)]
struct Asked {
    id: Option<&'static str>,
    object: Option<&'static str>,
    starts: Mutex<Vec<StartRequest>>,
    cancels: Mutex<Vec<CancelRequest>>,
}

#[async_trait]
impl PaymentGateway for Asked {
    fn provider(&self) -> Provider {
        Provider::Stripe
    }
    async fn refund(&self, _: &RefundRequest) -> RefundAnswer {
        RefundAnswer::Unknown
    }
    async fn query_refund(&self, _: &RefundRequest) -> RefundAnswer {
        RefundAnswer::Unknown
    }
    async fn capture(&self, _: &CaptureRequest) -> CaptureAnswer {
        CaptureAnswer::Unknown
    }
    async fn query_capture(&self, _: &CaptureRequest) -> CaptureAnswer {
        CaptureAnswer::Unknown
    }
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        self.cancels.lock().unwrap().push(request.clone());
        CancelAnswer::Cancelled
    }
    async fn start(&self, request: &StartRequest) -> StartAnswer {
        self.starts.lock().unwrap().push(request.clone());
        let next = NextAction::ClientSecret { value: "secret".to_owned().into() };
        let (provider_payment_id, object) = (self.id.map(str::to_owned), self.object.map(str::to_owned));
        StartAnswer::Started(Started { provider_payment_id, object, next })
    }
}

async fn placed(when: CaptureMoment) -> Shop {
    let mut shop = Shop::new().await;
    shop.policy.capture_when.otherwise = when;
    shop.live(&Act::place(an_order().paid_by(Provider::Stripe))).await;
    shop
}

/// The first payment is begun at this provider by a request that has seen the order as it was before these acts.
async fn begin_after(shop: &Shop, provider: &Arc<Asked>, acts: &[Act]) -> Result<(), AppError> {
    let seen = seen(shop).await;
    for act in acts {
        shop.act(act).await;
    }
    begin_by(shop, seen, provider, Payer::default()).await
}

async fn seen(shop: &Shop) -> LoadedOrder {
    shop.store.load(&shop.id()).await.unwrap().unwrap()
}

async fn begin_by(shop: &Shop, seen: LoadedOrder, provider: &Arc<Asked>, payer: Payer) -> Result<(), AppError> {
    let gateway: Arc<dyn PaymentGateway> = Arc::clone(provider) as _;
    let gateways = Arc::new(BTreeMap::from([(Provider::Stripe, gateway)]));
    let starting = Starting { gateways, ..shop.starting() };
    let ask = Ask { client: PayerClient::Web, return_url: None, payer };
    starting.start(seen, &PaymentId::number(1), &ask, "storefront").await.map(|_| ())
}

fn cancelled() -> Act {
    Act::ask(Command::Cancel { reason: "changed my mind".into() })
}

fn begun(expires_at: jiff::Timestamp) -> Act {
    Act::ask(Command::StartPayment {
        payment_id: PaymentId::number(1),
        client: PayerClient::Web,
        provider_payment_id: None,
        object: Some("order-1".into()),
        expires_at,
    })
}

fn told() -> Act {
    let (provider, provider_payment_id) = (Provider::Stripe, "pi_1".to_owned());
    Act::ask(Command::IdentifyPayment { provider, amount: cny("186.00"), provider_payment_id })
}

#[tokio::test]
async fn what_nobody_knows_is_called_off_and_what_the_order_knows_is_left_to_it() {
    let shop = placed(CaptureMoment::Provider).await;
    let ends = shop.order(&shop.id()).await.payment_deadline.unwrap();
    let (id, object) = (Some("pi_1"), Some("order-1"));
    type Case = (&'static str, Option<&'static str>, Option<&'static str>, Vec<Act>, bool);
    let cases: Vec<Case> = vec![
        ("a payment", id, None, vec![cancelled()], true),
        ("a number", None, object, vec![cancelled()], true),
        ("a number that another request has stored", None, object, vec![begun(ends), cancelled()], false),
        ("a stored number that has become a payment", id, object, vec![begun(ends), cancelled()], true),
        ("a payment that its provider has told", id, None, vec![told(), cancelled()], false),
    ];
    for (what, id, object, acts, is_called_off) in cases {
        let shop = shop.fork(shop.way);
        let provider = Arc::new(Asked { id, object, ..Asked::default() });
        let answer = begin_after(&shop, &provider, &acts).await;
        assert!(matches!(answer, Err(AppError::Refused(Refusal::WrongState { .. }))), "{what}: {answer:?}");
        let cancels = provider.cancels.lock().unwrap();
        assert_eq!(cancels.len(), usize::from(is_called_off), "{what}");
        for request in cancels.iter() {
            let named = (request.provider_payment_id.as_deref(), request.object.as_deref());
            assert_eq!((named, request.amount), ((id, object), cny("186.00")), "{what}");
        }
    }
}

/// A promise is called off by another request than a payment.
#[tokio::test]
async fn it_is_called_off_as_what_it_was_begun_as() {
    for (when, is_promised) in [(CaptureMoment::Provider, false), (CaptureMoment::Shipped, true)] {
        let shop = placed(when).await;
        let provider = Arc::new(Asked { id: Some("pi_1"), ..Asked::default() });
        begin_after(&shop, &provider, &[cancelled()]).await.unwrap_err();
        assert_eq!(provider.cancels.lock().unwrap()[0].is_promised, is_promised, "{when:?}");
    }
}

#[tokio::test]
async fn the_buyer_reads_the_orders_number_in_their_language() {
    for (locale, text) in
        [(Some("zh-CN"), "订单 W-1"), (Some("ZH-hant"), "订单 W-1"), (Some("en"), "Order W-1"), (None, "Order W-1")]
    {
        let mut shop = Shop::new().await;
        shop.live(&Act::place(an_order().paid_by(Provider::Stripe).locale(locale))).await;
        let provider = Arc::new(Asked { id: Some("pi_1"), ..Asked::default() });
        begin_after(&shop, &provider, &[]).await.unwrap();
        assert_eq!(provider.starts.lock().unwrap()[0].description, text, "{locale:?}");
        assert!(provider.cancels.lock().unwrap().is_empty());
    }
}

/// Wallets ask from where the buyer pays: as the storefront says it now, or else as it said it with the order.
#[tokio::test]
async fn the_provider_hears_from_where_the_buyer_pays() {
    for (order, now, told) in [
        (Some("203.0.113.9"), None, Some("203.0.113.9")),
        (Some("203.0.113.9"), Some("198.51.100.7"), Some("198.51.100.7")),
        (None, None, None),
    ] {
        let mut shop = Shop::new().await;
        let builder = an_order().paid_by(Provider::Stripe);
        shop.live(&Act::place(if let Some(ip) = order { builder.from_ip(ip) } else { builder })).await;
        let provider = Arc::new(Asked { id: Some("pi_1"), ..Asked::default() });
        let payer = Payer { ip: now.map(str::to_owned), ..Payer::default() };
        begin_by(&shop, seen(&shop).await, &provider, payer).await.unwrap();
        assert_eq!(provider.starts.lock().unwrap()[0].payer.ip.as_deref(), told, "{order:?} {now:?}");
    }
}

/// Whoever prints what the storefront is to do next learns nothing to pay with.
#[test]
fn a_buyers_secret_is_not_printed() {
    let next = NextAction::ClientSecret { value: "pi_1_secret_abc".to_owned().into() };
    assert_eq!(format!("{next:?}"), "ClientSecret { value: BuyerSecret(redacted) }");
}
