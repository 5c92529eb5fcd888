//! Nothing is acknowledged that is not stored: the store fails at every call and in every way, the function dies, a call never
//! answers, twenty come at once.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::StatusCode;
use futures::future::join_all;
use oms_testkit::faults::Fault;
use tokio::time::Instant;

use crate::desk::{Desk, Written};
use crate::subjects::{Event, Kind, SUBJECTS};

#[tokio::test]
async fn twenty_at_once_are_one_payment() {
    for subject in SUBJECTS {
        let fresh = Desk::of(*subject).await;
        for seed in 0..8 {
            let desk = fresh.again();
            desk.plan().mix(seed);
            let delivery = desk.says(&desk.paid());
            let answers = join_all((0..20).map(|_| desk.hears(&delivery, Written::Base64))).await;
            // Who loses a race too often is told to come again, as of any other failure.
            for answered in &answers {
                assert!(*answered == desk.accepted() || *answered == desk.unavailable(), "{seed}: {answered:?}");
            }
            assert!(answers.contains(&desk.accepted()), "{seed}");
            desk.is_paid("twenty at once").await;
            assert_eq!(desk.hears(&delivery, Written::Base64).await, desk.accepted());
            desk.is_paid("and one more").await;
        }
    }
}

/// What fails while an event is heard.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// One call of the ports, by its number.
    Once(u64, Fault),
    /// Every call of a name.
    Always(&'static str, Fault),
}

/// Each call of the ports in every way, and each kind of call again and again, which no repetition of ours helps against.
fn troubles(trace: &[&'static str]) -> Vec<Trouble> {
    let once =
        (1..=trace.len() as u64).flat_map(|call| Fault::ALL.iter().map(move |fault| Trouble::Once(call, *fault)));
    let names: BTreeSet<&'static str> = trace.iter().copied().collect();
    let always = names.into_iter().flat_map(|name| Fault::ALL.iter().map(move |fault| Trouble::Always(name, *fault)));
    once.chain(always).collect()
}

/// Whatever fails, the provider is told the truth, and its next attempt ends well.
#[tokio::test]
async fn a_store_that_fails_is_told_so_that_the_provider_tries_again() {
    for subject in SUBJECTS {
        let fresh = Desk::of(*subject).await;
        for kind in [Kind::Paid, Kind::Unused] {
            let delivery = fresh.says(&Event { kind, ..fresh.paid() });
            let trace = {
                let desk = fresh.again();
                assert_eq!(desk.hears(&delivery, Written::Base64).await, desk.accepted());
                desk.plan().trace()
            };
            let (mut turned_away, mut died) = (0, 0);
            for trouble in troubles(&trace) {
                let what = format!("{:?}: {kind:?}, {trouble:?}", subject.provider());
                let desk = fresh.again();
                match trouble {
                    Trouble::Once(call, fault) => desk.plan().fail_nth(call, fault),
                    Trouble::Always(name, fault) => desk.plan().fail_every(name, fault),
                }
                match desk.hears_or_dies(&delivery).await {
                    Some(answered) if answered == desk.accepted() => is_stored(&desk, kind, &what).await,
                    Some(answered) => {
                        assert_eq!(answered, desk.unavailable(), "{what}");
                        turned_away += 1;
                    }
                    None => died += 1,
                }
                desk.plan().stop();
                assert_eq!(desk.hears(&delivery, Written::Base64).await, desk.accepted(), "{what}");
                is_stored(&desk, kind, &what).await;
            }
            assert!(turned_away > 0 && died > 0, "{:?}: {kind:?}: nothing has ever failed", subject.provider());
        }
    }
}

async fn is_stored(desk: &Desk, kind: Kind, what: &str) {
    match kind {
        Kind::Paid => desk.is_paid(what).await,
        Kind::Unused => assert_eq!(desk.shop.store.unhandled().len(), 1, "{what}"),
    }
}

#[tokio::test]
async fn a_store_that_is_down_acknowledges_nothing() {
    for subject in SUBJECTS {
        let desk = Desk::of(*subject).await;
        let before = desk.order().await;
        desk.plan().fail_every("orders.commit", Fault::Before);
        desk.plan().fail_every("orders.note_unhandled", Fault::Before);
        for kind in [Kind::Paid, Kind::Unused] {
            let answered = desk.hears(&desk.says(&Event { kind, ..desk.paid() }), Written::Plain).await;
            assert_eq!(answered, desk.unavailable());
            assert_eq!(answered.status, StatusCode::SERVICE_UNAVAILABLE);
        }
        desk.is_untouched(&before, "while the store is down").await;
        assert!(desk.shop.store.unhandled().is_empty());
    }
}

/// Each call that never answers, whether it has had its effect or not. The clock jumps to whatever is waited for.
#[tokio::test(start_paused = true)]
async fn a_call_that_never_answers_is_given_up_in_time() {
    /// Where a function would die the call waits for good, since nothing ends the run here.
    const HANGS: [Fault; 2] = [Fault::CrashBefore, Fault::CrashAfter];
    /// WeChat Pay's; nobody else is as impatient.
    const PATIENCE: Duration = Duration::from_secs(5);
    for subject in SUBJECTS {
        let fresh = Desk::of(*subject).await;
        for kind in [Kind::Paid, Kind::Unused] {
            let delivery = fresh.says(&Event { kind, ..fresh.paid() });
            let calls = {
                let desk = fresh.again();
                assert_eq!(desk.hears(&delivery, Written::Base64).await, desk.accepted());
                desk.plan().trace().len() as u64
            };
            assert!(calls > 0, "{:?}: {kind:?}: nothing is ever called", subject.provider());
            for (call, hangs) in (1..=calls).flat_map(|call| HANGS.map(|hangs| (call, hangs))) {
                let what = format!("{:?}: {kind:?}, call {call}, {hangs:?}", subject.provider());
                let desk = fresh.again();
                desk.plan().fail_nth(call, hangs);
                let sent = Instant::now();
                assert_eq!(desk.hears(&delivery, Written::Base64).await, desk.unavailable(), "{what}");
                assert!(sent.elapsed() < PATIENCE, "{what}: {:?}", sent.elapsed());
                // What was stored or not before it was given up: the next attempt leaves it stored once.
                assert_eq!(desk.hears(&delivery, Written::Base64).await, desk.accepted(), "{what}");
                is_stored(&desk, kind, &what).await;
            }
        }
    }
}
