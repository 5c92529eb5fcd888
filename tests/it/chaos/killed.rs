//! Functions die at random while orders live their lives: none is lost, none is doubled, money and stock agree.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::iter;

use super::agreement;
use super::books::{self, FILLED};
use super::client::Client;
use super::killer::Killer;
use super::life::{Course, Walked, walk};
use super::plan::Plan;
use crate::stack::shared::{Local, alone, restoring};
use crate::world::Product;

/// Articles that the orders are about.
const ARTICLES: usize = 8;
/// How many orders live at the same time.
const AT_ONCE: usize = 30;
/// How often the sweep runs; the schedule runs it once a minute.
const SWEEP_EVERY: Duration = Duration::from_secs(4);

#[test]
fn orders_live_while_functions_are_killed() {
    alone(async |local| {
        // What killed dispatchers had taken stays hidden for a quarter of an hour, and the tests after this one would wait for it.
        // All orders rest by then, so that nothing is lost with it.
        restoring(live(local), async {
            // What is dying this very moment shall not die in somebody else's test.
            tokio::time::sleep(Duration::from_secs(2)).await;
            local.engine.purge(local.engine.stimuli()).await;
        })
        .await;
    });
}

async fn live(local: &Local) {
    let plan = Plan::of_this_run();
    let shelf = shelf(local).await;
    let customer = local.number("chaos");
    let client = Client::new(local);
    let stop = AtomicBool::new(false);
    let chance = plan.chance();
    let given_up = dead(local).await;
    let since = Instant::now();
    let lives = async {
        let walks = iter(0..plan.orders).map(|_| walk(local, &client, &shelf, &customer, &chance));
        let walked: Vec<Walked> = walks.buffer_unordered(AT_ONCE).collect().await;
        stop.store(true, Ordering::Relaxed);
        walked
    };
    let killer = Killer::of(&local.home, plan.chance());
    let (walked, killed, ()) = tokio::join!(lives, killer.until(&stop, || client.answered()), sweeping(local, &stop));
    let took = since.elapsed();

    plan.tell(format!("{} orders in {:.1} s, seed {}", walked.len(), took.as_secs_f64(), plan.seed));
    plan.tell(format!(
        "{} function processes killed; {} invocations died at work and {} at their start: {:?}",
        killed.processes, killed.at_work, killed.starting, killed.by_function
    ));
    let (sent, again) = (client.sent.load(Ordering::Relaxed), client.repeated.load(Ordering::Relaxed));
    plan.tell(format!("{sent} requests, {again} of them had to be sent again"));
    plan.tell(format!("courses {:?}", courses(&walked)));
    assert!(killed.at_work > plan.orders / 50, "too few died at work to prove anything: {killed:?}");

    books::orders_agree(&client, &customer, &walked).await;
    let late = books::ends_agree(&walked);
    let refunds = books::provider_agrees(local, &walked);
    books::shelves_agree(&client, &shelf, &walked).await;
    let report = agreement::agrees(local).await;
    plan.tell(format!("{late} were paid too late and got their money back; {refunds} refunds, each made once"));
    plan.tell(format!("dead letters: {} before, {} after", given_up, dead(local).await));
    plan.tell(format!("the audit:\n{report}"));
    assert_eq!(report.summary.keys_without_answer, 0, "every client went on until it was answered");
    let undone = walked.iter().find(|w| w.course == Course::CancelledPaid).expect("one of each course");
    agreement::is_not_blind(local, &shelf[0], &undone.placed.order_id).await;
}

async fn shelf(local: &Local) -> Vec<Product> {
    let mut shelf = Vec::new();
    for i in 0..ARTICLES {
        shelf.push(local.product(2500 + 700 * i64::try_from(i).unwrap(), &[("sz-1", FILLED)]).await);
    }
    shelf
}

/// What the schedule does once a minute, more often, so that nobody has to wait for it. It may be killed as well; nobody waits
/// for its answer then, and the next one comes as if nothing had been.
async fn sweeping(local: &Local, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        local.engine.sweep_within(SWEEP_EVERY * 4).await.ok();
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

async fn dead(local: &Local) -> u32 {
    local.engine.depth(local.engine.dead_letters()).await.into_iter().sum()
}

fn courses(walked: &[Walked]) -> BTreeMap<Course, usize> {
    let mut courses = BTreeMap::new();
    for walked in walked {
        *courses.entry(walked.course).or_default() += 1;
    }
    courses
}
