//! Beginning payments: whatever is lost or repeated, one payment for each attempt is begun, and the storefront hears of none
//! that is not known to its order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oms_app::commands;
use oms_app::error::AppError;
use oms_app::ports::{Clock, NextAction, Payer, PaymentGateway};
use oms_app::starting::{Ask, Begun, Offered, Starting};
use oms_domain::body::{DeclaredStatus, Provider};
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{Command, Report};
use oms_domain::id::{PaymentId, PaymentReference};
use oms_domain::payment_start::{PayerClient, Taking};
use oms_domain::policy::Policy;
use oms_domain::refusal::Refusal;
use oms_domain::status::{OrderStatus, PaymentStatus};
use oms_testkit::build::{an_order, cny};
use oms_testkit::faults::{Fault, Run};
use oms_testkit::gateway::{ProviderPayment, Script};

use crate::races;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::facts::{authorized, captured};
use oms_testkit::shop::{Shop, order_id};

fn web() -> Ask {
    Ask { client: PayerClient::Web, return_url: None, payer: Payer::default() }
}

async fn placed(provider: Provider) -> Shop {
    let mut shop = Shop::new().await;
    shop.live(&Act::place(an_order().paid_by(provider))).await;
    shop
}

async fn begin(shop: &Shop, payment: usize, ask: &Ask) -> Result<Begun, AppError> {
    begin_by(&shop.starting(), shop, payment, ask).await
}

/// As the function does it: the order is read once, and begun as it was read.
async fn begin_by(starting: &Starting, shop: &Shop, payment: usize, ask: &Ask) -> Result<Begun, AppError> {
    let loaded = starting.engine.orders.load(&shop.id()).await?.ok_or(AppError::NotFound("order"))?;
    starting.start(loaded, &PaymentId::number(payment), ask, "storefront").await
}

fn first() -> PaymentReference {
    PaymentReference::of(&order_id("web", "W-1"), 1)
}

fn pi(position: usize) -> String {
    format!("pi_{}", PaymentReference::of(&order_id("web", "W-1"), position))
}

#[tokio::test]
async fn the_storefront_hears_what_it_does_next() {
    let shop = placed(Provider::Stripe).await;
    let begun = begin(&shop, 1, &web()).await.unwrap();
    assert_eq!(begun.next, NextAction::ClientSecret { value: format!("{}_secret", pi(1)).into() });
    assert_eq!(begun.payment.provider_payment_id, Some(pi(1)));
    assert_eq!(Some(begun.expires_at), shop.order(&shop.id()).await.payment_deadline);
    let version = shop.order(&shop.id()).await.version;
    assert_eq!(begin(&shop, 1, &web()).await.unwrap(), begun, "the same again");
    assert_eq!(shop.order(&shop.id()).await.version, version, "and nothing is stored for it");
    assert_eq!(shop.stripe.begun(), [first()]);
    let shop = placed(Provider::Wechatpay).await;
    let begun = begin(&shop, 1, &Ask { client: PayerClient::Qr, ..web() }).await.unwrap();
    assert!(matches!(begun.next, NextAction::QrCode { .. }));
    assert_eq!(begun.payment.provider_payment_id, None, "a wallet has no id before it is paid");
}

#[tokio::test]
async fn whatever_fails_one_payment_is_begun() {
    let calls = {
        let past = placed(Provider::Stripe).await;
        let shop = past.fork(past.way);
        begin(&shop, 1, &web()).await.unwrap();
        let calls = shop.plan.trace();
        assert!(calls.contains(&"gateway.start") && calls.contains(&"orders.commit"), "{calls:?}");
        assert_eq!(calls.iter().filter(|call| call.starts_with("orders.load")).count(), 1, "{calls:?}");
        calls.len() as u64
    };
    for n in 1..=calls {
        for fault in Fault::ALL {
            let past = placed(Provider::Stripe).await;
            let shop = past.fork(past.way);
            shop.plan.fail_nth(n, *fault);
            let lost = match shop.plan.run(begin(&shop, 1, &web())).await {
                Run::Done(Ok(_)) => false,
                Run::Done(Err(error)) => {
                    assert!(error.is_transient(), "{n} {fault:?}: {error}");
                    true
                }
                Run::Crashed => true,
            };
            let begun = begin(&shop, 1, &web()).await.unwrap();
            assert_eq!(begun.payment.provider_payment_id, Some(pi(1)), "{n} {fault:?} {lost}");
            assert_eq!(shop.stripe.begun(), [first()], "{n} {fault:?}");
            let order = shop.order(&shop.id()).await;
            let started = order.payments.iter().filter(|p| p.started.is_some()).count();
            assert_eq!((order.payments.len(), started), (1, 1));
        }
    }
}

#[tokio::test]
async fn a_lost_answer_stores_nothing_and_is_told_apart_from_a_no() {
    for script in [Script::LoseRequest, Script::LoseAnswer] {
        let shop = placed(Provider::Stripe).await;
        shop.stripe.script([script]);
        let before = shop.order(&shop.id()).await;
        assert!(matches!(begin(&shop, 1, &web()).await, Err(AppError::Port(_))));
        assert_eq!(shop.order(&shop.id()).await, before);
        begin(&shop, 1, &web()).await.unwrap();
        assert_eq!(shop.stripe.begun(), [first()]);
    }
    let shop = placed(Provider::Stripe).await;
    shop.stripe.script([Script::Refuse("amount_too_small".into())]);
    let refused = begin(&shop, 1, &web()).await;
    let Err(AppError::Refused(Refusal::NotOffered(reason))) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("amount_too_small"), "{reason}");
}

#[tokio::test]
async fn two_at_once_begin_one() {
    let past = placed(Provider::Stripe).await;
    for n in 1..=6 {
        let shop = past.fork(past.way);
        let colleague = shop.colleague();
        let ask = web();
        let (a, b) = races::within(&shop, n, begin(&shop, 1, &ask), begin(&colleague, 1, &ask)).await;
        assert_eq!(a.unwrap().next, b.unwrap().next);
        assert_eq!(shop.stripe.begun(), [first()]);
        assert_eq!(shop.order(&shop.id()).await.payments.len(), 1);
    }
}

/// The provider takes one reference for one kind of payment only: what is asked again is the same, although the shop has
/// changed its mind between the two requests.
#[tokio::test]
async fn what_is_asked_twice_is_the_same_whatever_the_setting_has_become() {
    for (before, after, taking) in [
        (CaptureMoment::Shipped, CaptureMoment::Provider, Taking::Promised),
        (CaptureMoment::Provider, CaptureMoment::Release, Taking::AsSetUp),
    ] {
        let mut shop = Shop::new().await;
        shop.policy.capture_when.otherwise = before;
        shop.live(&Act::place(an_order().paid_by(Provider::Stripe))).await;
        shop.stripe.script([Script::LoseAnswer]);
        assert!(matches!(begin(&shop, 1, &web()).await, Err(AppError::Port(_))));
        shop.policy.capture_when.otherwise = after;
        begin(&shop, 1, &web()).await.unwrap();
        begin(&shop, 1, &web()).await.unwrap();
        assert_eq!((shop.stripe.begun(), shop.stripe.taking(&first())), (vec![first()], Some(taking)));
    }
}

/// Nobody else takes it: also where the shop leaves captures to its provider by then.
#[tokio::test]
async fn a_promise_that_was_begun_is_taken_at_its_moment_and_once() {
    for after in [CaptureMoment::Shipped, CaptureMoment::Provider] {
        let mut shop = Shop::new().await;
        shop.policy.capture_when.otherwise = CaptureMoment::Shipped;
        shop.live(&Act::place(an_order().paid_by(Provider::Stripe))).await;
        begin(&shop, 1, &web()).await.unwrap();
        shop.policy.capture_when.otherwise = after;
        shop.live(&Act::told(authorized(&shop.id(), "evt_1", &pi(1), "186.00"))).await;
        shop.live(&Act::Report { shipment: 1, report: Report::Accepted, key: "r-1" }).await;
        assert!(shop.stripe.captures().is_empty());
        shop.live(&Act::shipped(1, "SF1", "r-2")).await;
        shop.settle().await;
        checks::sound(&shop).await;
        let taken: Vec<_> = shop.stripe.captures().into_values().collect();
        assert_eq!(taken, [(pi(1), cny("186.00"))], "{after:?}");
        assert_eq!(shop.order(&shop.id()).await.payments[0].status, PaymentStatus::Captured);
    }
}

/// The order is cancelled, or paid by another attempt, while the provider is asked.
#[tokio::test]
async fn what_was_begun_too_late_is_called_off_and_not_told() {
    let past = placed(Provider::Stripe).await;
    for n in 1..=6 {
        let shop = past.fork(past.way);
        let colleague = shop.colleague();
        let ask = web();
        let cancel = Act::ask(Command::Cancel { reason: "changed my mind".into() });
        let (begun, cancelled) = races::within(&shop, n, begin(&shop, 1, &ask), colleague.try_act(&cancel)).await;
        cancelled.unwrap();
        let mut shop = shop;
        shop.settle().await;
        checks::sound(&shop).await;
        let order = shop.order(&shop.id()).await;
        assert_eq!(order.status, OrderStatus::Cancelled);
        // Told or not, at the end nobody can pay it.
        let at_provider = shop.stripe.payment(&pi(1));
        assert!(matches!(at_provider, None | Some(ProviderPayment::Cancelled)), "{n} {begun:?} {at_provider:?}");
        if let Err(error) = begun {
            assert!(matches!(error, AppError::Refused(Refusal::WrongState { .. })), "{error}");
        }
    }
}

#[tokio::test]
async fn the_shop_says_what_is_begun_and_where_buyers_go_afterwards() {
    let shop = placed(Provider::Stripe).await;
    let refused = |answer: Result<Begun, AppError>| match answer {
        Err(AppError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let of = |offered: Offered, gateways: BTreeMap<Provider, Arc<dyn PaymentGateway>>| Starting {
        gateways: Arc::new(gateways),
        offered,
        ..shop.starting()
    };
    let only_wechat = Offered { providers: BTreeSet::from([Provider::Wechatpay]), ..Offered::default() };
    let starting = of(only_wechat, shop.gateways());
    assert!(matches!(refused(begin_by(&starting, &shop, 1, &web()).await), Refusal::NotOffered(_)));
    let starting = of(shop.starting().offered, BTreeMap::new());
    assert!(matches!(refused(begin_by(&starting, &shop, 1, &web()).await), Refusal::NotOffered(_)));
    for url in ["https://evil.example/", "http://shop.example/thanks", "javascript:alert(1)", ""] {
        let ask = Ask { return_url: Some(url.into()), ..web() };
        let refusal = refused(begin(&shop, 1, &ask).await);
        assert!(matches!(&refusal, Refusal::Field { field, .. } if field == "return_url"), "{url}: {refusal:?}");
    }
    assert_eq!(shop.stripe.calls().len(), 0, "none of it reached the provider");
    for url in ["https://shop.example", "https://SHOP.example:8443/thanks?order=1#top"] {
        let shop = placed(Provider::Stripe).await;
        begin(&shop, 1, &Ask { return_url: Some(url.into()), ..web() }).await.unwrap();
    }
    let local = Offered { return_hosts: BTreeSet::from(["localhost".into()]), ..shop.starting().offered };
    let starting = of(local, shop.gateways());
    let ask = Ask { return_url: Some("http://localhost:3000/thanks".into()), ..web() };
    begin_by(&starting, &shop, 1, &ask).await.unwrap();
    assert!(matches!(begin(&shop, 9, &web()).await, Err(AppError::Refused(Refusal::Unknown { .. }))));
}

#[tokio::test]
async fn an_order_that_waits_for_no_payment_begins_none() {
    let mut shop = placed(Provider::Stripe).await;
    shop.live(&Act::told(captured(&shop.id(), "evt_1", "pi_1", "186.00"))).await;
    assert!(matches!(begin(&shop, 1, &web()).await, Err(AppError::Refused(Refusal::WrongState { .. }))));
    assert_eq!(shop.stripe.calls().len(), 0);
}

#[tokio::test]
async fn the_same_key_opens_one_attempt() {
    let shop = placed(Provider::Stripe).await;
    let (engine, id) = (shop.engine(), shop.id());
    let open = |key: Option<(&'static str, &'static str)>, provider| {
        commands::open_payment(&engine, &id, provider, cny("186.00"), "storefront", key)
    };
    let one = open(Some(("k", "h")), Provider::Wechatpay).await.unwrap();
    assert_eq!(open(Some(("k", "h")), Provider::Wechatpay).await.unwrap().reference, one.reference);
    assert_eq!(one.reference, PaymentReference::of(&id, 2));
    let reused = open(Some(("k", "other")), Provider::Stripe).await;
    assert!(matches!(reused, Err(AppError::Refused(Refusal::KeyReused))), "{reused:?}");
    let another = open(None, Provider::Wechatpay).await.unwrap();
    assert_eq!(another.reference, PaymentReference::of(&id, 3));
}

#[tokio::test]
async fn the_loser_is_called_off_without_waiting_for_anybody() {
    let mut shop = placed(Provider::Stripe).await;
    begin(&shop, 1, &web()).await.unwrap();
    shop.live(&Act::Open { provider: Provider::Stripe, amount: "186.00", key: "k" }).await;
    begin(&shop, 2, &web()).await.unwrap();
    let mut paid = captured(&shop.id(), "evt_1", &pi(2), "186.00");
    paid.reference = Some(PaymentReference::of(&shop.id(), 2));
    shop.live(&Act::told(paid)).await;
    assert_eq!(shop.stripe.payment(&pi(1)), Some(ProviderPayment::Cancelled));
    let order = shop.order(&shop.id()).await;
    assert_eq!(order.status, OrderStatus::InFulfilment);
    let statuses: Vec<_> = order.payments.iter().map(|p| p.status).collect();
    assert_eq!(statuses, [PaymentStatus::Expired, PaymentStatus::Captured]);
    checks::sound(&shop).await;
}

/// Both were paid before anybody could be called off: the later attempt goes back.
#[tokio::test]
async fn the_loser_that_is_paid_goes_back() {
    let mut shop = placed(Provider::Stripe).await;
    begin(&shop, 1, &web()).await.unwrap();
    shop.live(&Act::Open { provider: Provider::Stripe, amount: "186.00", key: "k" }).await;
    begin(&shop, 2, &web()).await.unwrap();
    shop.stripe.set_payment(&pi(1), ProviderPayment::Captured(cny("186.00")));
    let mut paid = captured(&shop.id(), "evt_1", &pi(2), "186.00");
    paid.reference = Some(PaymentReference::of(&shop.id(), 2));
    shop.live(&Act::told(paid)).await;
    shop.settle().await;
    checks::sound(&shop).await;
    assert_eq!((shop.stripe.refunded(&pi(1)), shop.stripe.refunded(&pi(2))), (None, Some(cny("186.00"))));
    assert_eq!(shop.order(&shop.id()).await.kept().unwrap(), cny("186.00"));
}

/// The buyer pays in the moment in which the order expires, and no callback comes: asked to close it, the wallet tells.
#[tokio::test]
async fn a_wallet_that_was_paid_in_silence_is_refunded() {
    for script in [vec![], vec![Script::LoseRequest], vec![Script::LoseAnswer]] {
        let mut shop = placed(Provider::Wechatpay).await;
        begin(&shop, 1, &Ask { client: PayerClient::Qr, ..web() }).await.unwrap();
        let reference = first().to_string();
        shop.stripe.set_payment(&reference, ProviderPayment::Captured(cny("186.00")));
        shop.stripe.script(script);
        shop.live(&Act::Pass(oms_testkit::shop::PAYMENT_WINDOW + 30)).await;
        shop.settle().await;
        checks::sound(&shop).await;
        assert_eq!(shop.stripe.refunded(&reference), Some(cny("186.00")));
        assert_eq!(shop.order(&shop.id()).await.status, OrderStatus::Expired);
    }
}

#[tokio::test]
async fn a_wallet_that_nobody_connected_expires_without_a_task() {
    let mut shop = placed(Provider::Wechatpay).await;
    let now = shop.clock.now();
    shop.clock.advance_seconds(oms_testkit::shop::PAYMENT_WINDOW + 30);
    let none: BTreeMap<Provider, Arc<dyn PaymentGateway>> = BTreeMap::new();
    oms_app::reversal::compensate(&shop.engine(), &none, None, &shop.id()).await.unwrap();
    let order = shop.order(&shop.id()).await;
    assert!(order.updated_at > now);
    assert_eq!((order.status, order.payments[0].status), (OrderStatus::Expired, PaymentStatus::Expired));
    assert_eq!(order.anomalies.len(), 0);
    shop.settle().await;
    checks::sound(&shop).await;
}

/// One that was begun may be paid still: whoever can reach the provider's console has to look.
#[tokio::test]
async fn one_that_was_begun_at_a_wallet_that_is_gone_is_for_people() {
    let shop = placed(Provider::Wechatpay).await;
    begin(&shop, 1, &Ask { client: PayerClient::Qr, ..web() }).await.unwrap();
    shop.clock.advance_seconds(oms_testkit::shop::PAYMENT_WINDOW + 30);
    let none: BTreeMap<Provider, Arc<dyn PaymentGateway>> = BTreeMap::new();
    oms_app::reversal::compensate(&shop.engine(), &none, None, &shop.id()).await.unwrap();
    let order = shop.order(&shop.id()).await;
    assert_eq!(order.status, OrderStatus::Expired);
    let told: Vec<_> = order.anomalies.iter().map(|a| a.detail.as_str()).collect();
    assert!(told.iter().any(|detail| detail.contains("wechatpay cannot be called off through an API")), "{told:?}");
}

/// A balance may be begun before its deposit is paid, and is asked for again after that, when the order's deadline is another.
/// Its provider was told an end with the number, and would refuse another.
#[tokio::test]
async fn a_balance_that_is_begun_early_is_the_same_to_its_provider_later() {
    let mut shop = Shop::new().await;
    let day = Policy::after(shop.clock.now(), 5 * 86_400);
    let parts =
        [(Provider::Stripe, "50.00", DeclaredStatus::Due), (Provider::Wechatpay, "136.00", DeclaredStatus::Due)];
    shop.live(&Act::place(an_order().paid_in_parts(&parts).balance_due(day))).await;
    let qr = Ask { client: PayerClient::Qr, ..web() };
    let early = begin(&shop, 2, &qr).await.unwrap();
    let window = shop.order(&shop.id()).await.payment_deadline.unwrap();
    assert!(window < day);
    assert_eq!(early.expires_at, window, "without its deposit the order does not wait for the balance");
    shop.live(&Act::told(captured(&shop.id(), "evt_1", "pi_1", "50.00"))).await;
    let later = begin(&shop, 2, &qr).await.unwrap();
    assert_eq!((later.next, later.expires_at), (early.next, day));
    assert_eq!(shop.order(&shop.id()).await.payments[1].started.as_ref().unwrap().expires_at, Some(day));
}
