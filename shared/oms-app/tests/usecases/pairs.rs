//! The crash matrix with two faults: every pair of port calls of every act, retries included. The second fault hits
//! whatever came after the first. Like the matrix itself it counts the calls, so a new one is covered without anyone
//! remembering.
//!
//! Every pair of points is tried once, with kinds of faults and ways of coming back that take turns; with `WAYBILL_PAIRS=all`
//! (`cargo local simulate --pairs`) each pair with every two kinds.

use oms_testkit::faults::Fault;
use oms_testkit::shop::Shop;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::checks;
use oms_testkit::shop::work::Way;

use crate::crash::{diff, run};
use crate::{lives, picture};

/// The kinds that leave different traces: nothing done, done and not told, dead before and after.
const KINDS: [Fault; 4] = [Fault::CrashAfter, Fault::After, Fault::CrashBefore, Fault::Before];
/// A retry makes a few calls more than the act without faults had.
const RETRY: u64 = 6;

/// Which two kinds a pair of points is tried with: one, in turn, or all.
fn kinds(turn: usize) -> Vec<(Fault, Fault)> {
    let both = |i: usize| (KINDS[i / KINDS.len()], KINDS[i % KINDS.len()]);
    let count = KINDS.len() * KINDS.len();
    if std::env::var_os("WAYBILL_PAIRS").is_some() { (0..count).map(both).collect() } else { vec![both(turn % count)] }
}

/// Every pair of faults in every act of a life that no earlier life begins with.
pub async fn of(name: &str, life: Vec<Act>) -> usize {
    let mut runs = 0;
    let mut shop = Shop::new().await;
    for (i, act) in life.iter().enumerate() {
        if lives::is_new(name, i) {
            shop = shop.fork(Way::Message);
            runs += of_act(&shop, act, runs).await;
        }
        shop.live(act).await;
    }
    runs
}

async fn of_act(past: &Shop, act: &Act, turn: usize) -> usize {
    let mut runs = 0;
    let expected = Box::pin(run(past, act, None)).await;
    let calls = expected.calls.len() as u64;
    for first in 1..=calls {
        for second in first + 1..=calls + RETRY {
            for (one, two) in kinds(turn + runs) {
                // Three ways and sixteen kinds: all meet all.
                let mut shop = past.fork(Way::ALL[(turn + runs) % 3]);
                runs += 1;
                shop.plan.fail_nth(first, one);
                shop.plan.fail_nth(second, two);
                Box::pin(shop.live(act)).await;
                Box::pin(shop.settle()).await;
                let look = checks::sound(&shop).await;
                let found = picture::of(&shop, &look).await;
                let diff = diff(&expected.picture, &found);
                assert!(found == expected.picture, "{act:?}: {one:?} at {first}, {two:?} at {second}:\n{diff}");
            }
        }
    }
    runs
}
