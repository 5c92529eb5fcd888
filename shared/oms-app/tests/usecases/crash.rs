//! The crash matrix: every act of every life again, once for every port call in it and every way in which that call can
//! fail. The calls are counted, so a new call is covered without anyone remembering. After the normal retries the shop
//! looks as if nothing had failed.

use oms_testkit::faults::Fault;

use crate::{lives, picture};
use oms_testkit::shop::Shop;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::work::Way;

/// What a matrix covered.
#[derive(Debug, Default)]
pub struct Covered {
    calls: usize,
    runs: usize,
}

/// A fault at a call, and how the work comes back.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// Which call, from 1.
    n: usize,
    fault: Fault,
    way: Way,
    /// Whether whoever sent the request waits for its answer, and sends it again when none comes.
    patient: bool,
}

/// What an act came to: the shop afterwards, the calls of the act alone, and those of all that followed from it.
pub struct Ended {
    pub picture: Vec<String>,
    own_calls: usize,
    pub calls: Vec<&'static str>,
}

/// One act with at most one fault, to the end of all retries.
pub async fn run(shop: &Shop, act: &Act, trial: Option<Trial>) -> Ended {
    let mut shop = shop.fork(trial.map_or(Way::Message, |t| t.way));
    if let Some(trial) = trial {
        shop.plan.fail_nth(trial.n as u64, trial.fault);
    }
    if trial.is_none_or(|t| t.patient) {
        shop.act(act).await;
    } else {
        shop.prepare(act);
        let _ = shop.try_act(act).await;
    }
    let own_calls = shop.plan.trace().len();
    shop.drain().await;
    let calls = shop.plan.trace();
    shop.settle().await;
    if trial.is_some_and(|t| !t.patient) {
        // What was parked is looked at again.
        shop.pass(330).await;
        shop.settle().await;
    }
    let look = checks::sound(&shop).await;
    Ended { picture: picture::of(&shop, &look).await, own_calls, calls }
}

/// The shop if an act had never been.
async fn without(shop: &Shop, act: &Act) -> Vec<String> {
    let mut shop = shop.fork(Way::Message);
    shop.prepare(act);
    shop.settle().await;
    picture::picture(&shop).await
}

/// The faults of a call. What has no effect is one and the same to a port that is not a store, and so is being down and
/// being throttled to any, so those take turns.
fn faults(call: &str, turn: usize) -> Vec<Fault> {
    let is_store = !["queue.", "bus.", "gateway.", "benefits.", "webhooks."].iter().any(|port| call.starts_with(port));
    let mut faults = vec![Fault::After, Fault::CrashBefore, Fault::CrashAfter];
    faults.push(if turn.is_multiple_of(2) { Fault::Before } else { Fault::Throttled });
    if is_store {
        faults.push(Fault::Contended);
    }
    faults
}

/// How work comes back after a fault: one way for each, in turn, so that all of them meet every kind of fault; all of them
/// for every fault with `WAYBILL_MATRIX=full`.
fn ways(turn: usize) -> &'static [Way] {
    if std::env::var_os("WAYBILL_MATRIX").is_some() { &Way::ALL } else { &Way::ALL[turn % 3..][..1] }
}

/// Every single fault in every act of a life that no other life begins with.
async fn of_life(name: &str, life: Vec<Act>) -> Covered {
    matrix(Shop::new().await, |act| lives::is_new(name, act), life).await
}

/// Every single fault in every act of a life that is new.
pub async fn matrix(mut shop: Shop, is_new: impl Fn(usize) -> bool, life: Vec<Act>) -> Covered {
    let mut covered = Covered::default();
    for (i, act) in life.iter().enumerate() {
        if !is_new(i) {
            shop.live(act).await;
            continue;
        }
        shop = shop.fork(Way::Message);
        let expected = Box::pin(run(&shop, act, None)).await;
        let without = Box::pin(without(&shop, act)).await;
        covered.calls += expected.calls.len();
        for (n, call) in (1..).zip(&expected.calls) {
            for (k, fault) in faults(call, i + n).into_iter().enumerate() {
                let own = n <= expected.own_calls && !matches!(act, Act::Pass(_));
                let sender_dies = own && matches!(fault, Fault::CrashBefore | Fault::CrashAfter);
                let trials = ways(i + n + k).iter().map(|way| Trial { n, fault, way: *way, patient: true });
                let trials = trials.chain(sender_dies.then_some(Trial { n, fault, way: Way::Sweep, patient: false }));
                for trial in trials {
                    covered.runs += 1;
                    let found = Box::pin(run(&shop, act, Some(trial))).await.picture;
                    let right = found == expected.picture
                        || (!trial.patient && (fits(&found, &without) || fits(&found, &expected.picture)));
                    let diff = diff(&expected.picture, &found);
                    assert!(right, "act {i} {act:?}: {trial:?}, {call}:\n{diff}");
                }
            }
        }
        shop.live(act).await;
    }
    covered
}

/// Whether a shop looks as wanted, but for an alarm too many: whoever counts a shelf raises it first and may die then.
fn fits(found: &[String], wanted: &[String]) -> bool {
    let alarms = |line: &String| wanted.contains(line) || line.starts_with("task stock_short");
    found.iter().all(alarms) && wanted.iter().all(|line| found.contains(line))
}

/// What is missing in a picture, and what is too much.
pub fn diff(expected: &[String], found: &[String]) -> String {
    let missing = expected.iter().filter(|l| !found.contains(l)).map(|l| format!("- {l}"));
    let added = found.iter().filter(|l| !expected.contains(l)).map(|l| format!("+ {l}"));
    missing.chain(added).collect::<Vec<_>>().join("\n")
}

/// A life in which so many of a thousand calls fail, in every way, by a seed.
async fn storm(life: &[Act], faults: Option<u64>) -> Vec<String> {
    let mut shop = Shop::new().await;
    shop.way = Way::Sweep;
    if let Some(seed) = faults {
        shop.plan = oms_testkit::faults::FaultPlan::seeded(seed, 60, Fault::ALL);
    }
    for act in life {
        shop.live(act).await;
        shop.settle().await;
    }
    shop.plan.stop();
    shop.settle().await;
    checks::sound(&shop).await;
    picture::picture(&shop).await
}

macro_rules! lives {
    ($($life:ident),+ $(,)?) => {
        #[test]
        fn no_life_is_left_out() {
            assert_eq!([$(stringify!($life)),+].to_vec(), lives::ALL.iter().map(|life| life.0).collect::<Vec<_>>());
        }

        mod matrix {
            $(#[tokio::test]
            async fn $life() {
                let covered = super::of_life(stringify!($life), super::lives::$life()).await;
                println!("{}: {covered:?}", stringify!($life));
                assert!(covered.calls > 1 && covered.runs > 4 * covered.calls);
            })+
        }

        mod pairs {
            $(#[tokio::test]
            async fn $life() {
                let runs = crate::pairs::of(stringify!($life), super::lives::$life()).await;
                println!("{}: {runs} pairs", stringify!($life));
                assert!(runs > 0);
            })+
        }

        mod storm {
            $(#[tokio::test]
            async fn $life() {
                let life = super::lives::$life();
                let expected = super::storm(&life, None).await;
                for seed in 0..3 {
                    let found = super::storm(&life, Some(seed)).await;
                    assert!(found == expected, "seed {seed}:\n{}", super::diff(&expected, &found));
                }
            })+
        }
    };
}

lives!(
    paid_and_delivered,
    split,
    channel,
    channel_cancelled,
    cash_on_delivery,
    digital,
    cancelled_after_payment,
    cancelled_unpaid,
    cancelled_in_part,
    cancelled_part_by_part,
    stopped_by_the_warehouse,
    too_late_to_stop,
    expired,
    paid_too_late,
    paid_while_it_expires,
    rejected,
    sold_out_and_paid,
    held_and_released,
    held_and_rejected,
    held_and_forgotten,
    wrong_amount_accepted,
    paid_twice,
    callback_before_its_order,
    scan_before_its_report,
    planned_elsewhere,
    waits_for_stock,
    refunded_in_parts,
    refunded_a_minute_apart,
    agreed_by_two,
    agreed_by_nobody,
    authorized_and_voided,
    taken_when_released,
    taken_when_shipped,
    told_what_it_costs,
    taken_and_cancelled,
    cancelled_before_it_is_taken,
    third_time_lucky,
    refunded_by_hand,
    paid_in_two_ways,
    counted_short,
    shipped_more_than_counted,
    begun_and_changed,
    begun_and_expired,
    deposit_kept,
    deposit_sent_back,
);
