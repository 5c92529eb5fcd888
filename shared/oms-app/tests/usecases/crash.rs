//! The crash matrix: every act of every life again, once for every port call in it and every way in which that call can
//! fail. The calls are counted, so a new call is covered without anyone remembering. After the normal retries the shop
//! looks as if nothing had failed.

use oms_testkit::faults::Fault;

use crate::acts::Act;
use crate::shop::Shop;
use crate::work::Way;
use crate::{checks, lives, picture};

/// What a matrix covered.
#[derive(Debug, Default)]
struct Covered {
    calls: usize,
    runs: usize,
}

/// One act with at most one fault, to the end of all retries.
async fn run(shop: &Shop, act: &Act, way: Way, fault: Option<(u64, Fault)>) -> (Vec<String>, usize) {
    let mut shop = shop.fork(way);
    if let Some((n, fault)) = fault {
        shop.plan.fail_nth(n, fault);
    }
    Box::pin(shop.live(act)).await;
    let calls = shop.plan.trace().len();
    Box::pin(shop.settle()).await;
    checks::sound(&shop).await;
    (picture::picture(&shop).await, calls)
}

/// How work comes back after a fault: one way for each, in turn, so that all of them meet every kind of fault. All of them
/// for every fault with `WAYBILL_MATRIX=full`.
fn ways(turn: usize) -> &'static [Way] {
    if std::env::var_os("WAYBILL_MATRIX").is_some() { &Way::ALL } else { &Way::ALL[turn % 3..][..1] }
}

/// Every single fault in every act of a life.
async fn matrix(life: Vec<Act>) -> Covered {
    let mut covered = Covered::default();
    let mut shop = Shop::new().await;
    for (i, act) in life.iter().enumerate() {
        shop = shop.fork(Way::Message);
        let (expected, calls) = run(&shop, act, Way::Message, None).await;
        covered.calls += calls;
        for n in 1..=calls as u64 {
            for (k, fault) in Fault::ALL.iter().enumerate() {
                for way in ways(i + n as usize + k) {
                    covered.runs += 1;
                    let (found, _) = Box::pin(run(&shop, act, *way, Some((n, *fault)))).await;
                    assert!(found == expected, "act {i} {act:?}, {fault:?} at call {n}, {way:?}:\n{}", diff(&expected, &found));
                }
            }
        }
        shop.live(act).await;
    }
    covered
}

fn diff(expected: &[String], found: &[String]) -> String {
    let missing = expected.iter().filter(|l| !found.contains(l)).map(|l| format!("- {l}"));
    let added = found.iter().filter(|l| !expected.contains(l)).map(|l| format!("+ {l}"));
    missing.chain(added).collect::<Vec<_>>().join("\n")
}

macro_rules! matrix {
    ($($life:ident),+ $(,)?) => { $(
        #[tokio::test]
        async fn $life() {
            let covered = matrix(lives::$life()).await;
            println!("{}: {covered:?}", stringify!($life));
        }
    )+ };
}

matrix!(
    paid_and_delivered, split, channel, channel_cancelled, cash_on_delivery, digital, cancelled_after_payment, cancelled_unpaid,
    stopped_by_the_warehouse, too_late_to_stop, expired, paid_too_late, paid_while_it_expires, rejected, sold_out_and_paid,
    held_and_released, held_and_rejected, held_and_forgotten, wrong_amount_accepted, paid_twice, callback_before_its_order,
    scan_before_its_report, planned_elsewhere, waits_for_stock, refunded_in_parts, authorized_and_voided, third_time_lucky,
    refunded_by_hand, paid_in_two_ways, counted_short,
);
