//! Lives that nobody planned: anything that can happen to an order, in any order, some of it while calls fail. Whatever
//! came, books, stock and tasks agree, and the order comes to rest or lies on a desk.

use oms_domain::body::Provider;
use oms_domain::command::{Command, Report};
use oms_domain::id::{HoldId, OrderId, RefundId, ShipmentId};
use oms_domain::money::Money;
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_domain::payment_start::PayerClient;
use oms_testkit::build::{an_order, currency};
use oms_testkit::faults::{Fault, FaultPlan};
use oms_testkit::gateway::Script;
use proptest::prelude::*;

use crate::ways_out;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::facts::{authorized, captured, fact, failed, pending, refunded};
use oms_testkit::shop::work::{Failed, Way};
use oms_testkit::shop::{HOLD_WINDOW, PAYMENT_WINDOW, Shop, order_id};

/// Something that may happen.
#[derive(Debug, Clone)]
enum Chance {
    Act(Act),
    /// What becomes of the provider's next request.
    Script(Script),
}

fn payments(id: &OrderId) -> Vec<Act> {
    let euros = Money::parse("186.00", currency("EUR")).unwrap();
    let mut live = captured(id, "evt_live", "pi_1", "186.00");
    live.live = true;
    [
        captured(id, "evt_1", "pi_1", "186.00"),
        captured(id, "evt_2", "pi_1", "185.00"),
        captured(id, "evt_3", "pi_2", "186.00"),
        captured(id, "evt_4", "pi_2", "1.00"),
        fact(id, "evt_5", "pi_3", PaymentFactKind::Captured { amount: euros }),
        live,
        authorized(id, "evt_6", "pi_1", "186.00"),
        failed(id, "evt_7", "pi_1"),
        pending(id, "evt_8", "pi_1"),
        fact(id, "evt_9", "pi_1", PaymentFactKind::Cancelled),
        fact(id, "evt_10", "pi_1", PaymentFactKind::Disputed { amount: euros }),
        fact(id, "evt_11", "pi_1", PaymentFactKind::DisputeWon),
        refunded(id, "evt_12", 1, "50.00", RefundFactStatus::Pending),
        refunded(id, "evt_13", 1, "50.00", RefundFactStatus::Failed),
    ]
    .map(Act::told)
    .to_vec()
}

fn parcels() -> Vec<Act> {
    let mut acts = vec![Act::shipped(1, "SF1", "shipped-1"), Act::shipped(2, "SF2", "shipped-2")];
    for (shipment, report, key) in [
        (1, Report::Accepted, "r-1"),
        (1, Report::Packed, "r-2"),
        (1, Report::Rejected { reason: None }, "r-3"),
        (1, Report::Cancelled, "r-4"),
        (1, Report::CancelRefused, "r-5"),
        (1, Report::Delivered, "r-6"),
        (2, Report::Accepted, "r-7"),
        (2, Report::Rejected { reason: None }, "r-8"),
        (2, Report::Delivered, "r-9"),
    ] {
        acts.push(Act::Report { shipment, report, key });
    }
    for (number, status, event) in [
        ("SF1", "in_transit", "s-1"),
        ("SF1", "out_for_delivery", "s-2"),
        ("SF1", "exception", "s-3"),
        ("SF1", "lost", "s-4"),
        ("SF1", "returned_to_sender", "s-5"),
        ("SF1", "delivered", "s-6"),
        ("SF2", "delivered", "s-7"),
    ] {
        acts.push(Act::Scan { number, status, event });
    }
    acts
}

fn people(id: &OrderId) -> Vec<Act> {
    let (hold_id, refund_id, shipment_id) = (HoldId::number(1), RefundId::of(id, 1), ShipmentId::of(id, 1));
    let reason = || "because".to_owned();
    let mut acts: Vec<Act> = [
        Command::Cancel { reason: reason() },
        Command::ReleaseHold { hold_id: hold_id.clone(), reason: reason() },
        Command::RejectHold { hold_id, reason: reason() },
        Command::RetryRefund { refund_id: refund_id.clone() },
        Command::SettleRefund { refund_id, reason: reason() },
        Command::RetryPlan,
        Command::CloseTrouble { shipment_id, reason: reason() },
        Command::CloseAnomaly { anomaly_id: "a1".into(), reason: reason() },
    ]
    .map(Act::ask)
    .to_vec();
    acts.push(Act::CancelLines { line: 1, quantity: 1, key: "c-1" });
    acts.push(Act::CancelLines { line: 1, quantity: 1, key: "c-2" });
    acts.push(Act::Refund { amount: "50.00", key: "k-1" });
    acts.push(Act::Refund { amount: "186.00", key: "k-2" });
    acts.push(Act::Count { place: "sz-1", sku: "TEE-M", on_hand: 0 });
    acts.push(Act::Count { place: "sz-1", sku: "TEE-M", on_hand: 3 });
    acts
}

/// Everything that may happen to an order, some of it more often.
fn chances() -> Vec<Chance> {
    let id = order_id("web", "W-1");
    let mut acts = payments(&id);
    acts.extend(parcels());
    acts.extend(people(&id));
    for _ in 0..3 {
        acts.push(Act::place(an_order()));
        acts.push(acts[0].clone());
        acts.push(Act::Identify { payment: "pi_1", amount: "186.00" });
    }
    for (payment, client) in [(1, PayerClient::Web), (2, PayerClient::Web), (2, PayerClient::Qr)] {
        acts.push(Act::Start { payment, client });
    }
    for (provider, key) in [(Provider::Stripe, "o-1"), (Provider::Wechatpay, "o-2")] {
        acts.push(Act::Open { provider, amount: "186.00", key });
    }
    acts.extend([Act::Pass(100), Act::Pass(PAYMENT_WINDOW + 30), Act::Pass(HOLD_WINDOW + 30)]);
    let mut chances: Vec<Chance> = acts.into_iter().map(Chance::Act).collect();
    // No refusals: to a query that would be a lie.
    let scripts = [Script::LoseRequest, Script::LoseAnswer, Script::Pending];
    chances.extend(scripts.map(Chance::Script));
    chances
}

fn a_life() -> impl Strategy<Value = Vec<Chance>> {
    let begins = Just(vec![Chance::Act(Act::place(an_order()))]);
    let goes_on = prop::collection::vec(prop::sample::select(chances()), 1..22);
    (begins, any::<bool>(), goes_on).prop_map(
        |(begin, placed, rest)| {
            if placed { begin.into_iter().chain(rest).collect() } else { rest }
        },
    )
}

async fn live(life: Vec<Chance>, faults: Option<u64>) {
    let mut shop = Shop::new().await;
    if let Some(seed) = faults {
        shop.way = Way::Sweep;
        shop.plan = FaultPlan::seeded(seed, 50, Fault::ALL);
    }
    for chance in life {
        match chance {
            Chance::Script(script) => {
                shop.stripe.script([script]);
            }
            Chance::Act(act) => {
                shop.prepare(&act);
                for _ in 0..8 {
                    match shop.try_act(&act).await {
                        Ok(()) => break,
                        Err(Failed::Error(error)) if !error.is_transient() => break,
                        Err(Failed::NotTaken(error)) => panic!("{act:?} is refused: {error}"),
                        Err(_) => shop.clock.advance_seconds(31),
                    }
                }
                shop.drain().await;
            }
        }
        for loaded in shop.orders().await {
            checks::books(&loaded.order);
        }
    }
    shop.plan.stop();
    shop.way = Way::Message;
    shop.stripe.forget_script();
    // A refund that the provider keeps pending is asked about for ever: in the end it says something.
    for (id, _) in shop.stripe.refunds().into_iter().filter(|(_, refund)| refund.succeeded.is_none()) {
        shop.stripe.settle(&id, true);
    }
    for _ in 0..3 {
        shop.pass(1_000).await;
    }
    shop.settle().await;
    checks::sound(&shop).await;
    ways_out::leave_alone(&mut shop).await;
    ways_out::has_ended(&shop, "a random life").await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_may_happen(life in a_life(), faults in prop::option::of(any::<u64>())) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(Box::pin(live(life, faults)));
    }
}
