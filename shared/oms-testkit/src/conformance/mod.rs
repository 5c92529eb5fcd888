//! What every store must do: one suite for the store in memory, Amazon's own DynamoDB Local, the local engine and AWS.
//!
//! A case is a plain async function over the ports. [`conformance_tests!`](crate::conformance_tests) turns all of them into
//! tests, given an async function that makes an empty store for a case by its name, or says none when it has to be skipped.
//!
//! Lists may be a moment behind (an index of DynamoDB is), so cases wait for them with [`eventually`]. Commits may meet a
//! conflict where several write at once, so those cases try again, as callers do, with jitter.

pub mod intake;
pub mod lists;
pub mod orders;
pub mod stock;
pub mod timers;
pub mod tracking;

use std::future::Future;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use oms_app::error::StoreError;
use oms_app::ports::{Commit, KeyStore, OrderLists, OrderStore, StockStore, TaskStore, TrackingStore};
use oms_app::timers::TimerStore;
use oms_domain::event::OrderEvent;
use oms_domain::id::OrderId;

use crate::build::{an_order, next_commit};
use crate::seeded::{Seeded, SeededIds};
use crate::time::start;

/// Every port that the orders table serves.
pub trait Orders:
    OrderStore + OrderLists + KeyStore + TaskStore + TrackingStore + TimerStore + Clone + Send + Sync + 'static
{
}
impl<T> Orders for T where
    T: OrderStore + OrderLists + KeyStore + TaskStore + TrackingStore + TimerStore + Clone + Send + Sync + 'static
{
}

/// The port that the stock table serves.
pub trait Stock: StockStore + Clone + Send + Sync + 'static {}
impl<T> Stock for T where T: StockStore + Clone + Send + Sync + 'static {}

/// A moment of the cases: `seconds` after their start.
fn at(seconds: i64) -> Timestamp {
    start().checked_add(SignedDuration::from_secs(seconds)).expect("a moment")
}

/// The id of a case's order.
fn order_id(number: u64) -> OrderId {
    SeededIds::new(number).order_id()
}

/// A first commit.
fn first(id: &OrderId, seconds: i64) -> Commit {
    an_order().received(id, at(seconds))
}

/// A commit that follows, told apart from others of its number by its actor.
fn next(before: &Commit, actor: &str) -> Commit {
    next_commit(&before.record, actor, before.record.at, vec![note(actor)])
}

/// An event that changes nothing.
fn note(what: &str) -> OrderEvent {
    OrderEvent::Noted { what: what.to_owned(), detail: String::new(), released: None }
}

/// Commits, and tries again where the table could not serialise it, as every caller does.
async fn commit(orders: &impl OrderStore, commit: &Commit, seed: u64) -> Result<(), StoreError> {
    let jitter = Seeded::new(seed);
    for attempt in 0..40_u32 {
        match orders.commit(commit).await {
            Err(StoreError::Contended(_) | StoreError::Unavailable(_)) => {
                tokio::time::sleep(Duration::from_millis(jitter.below(5 << attempt.min(6)))).await;
            }
            other => return other,
        }
    }
    panic!("still contended after 40 attempts");
}

/// Asks until the answer is as wanted, for at most ten seconds.
async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F, wanted: impl Fn(&T) -> bool) -> T
where
    T: std::fmt::Debug,
    F: Future<Output = Result<T, StoreError>>,
{
    let mut wait = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    loop {
        let answer = ask().await.expect(what);
        if wanted(&answer) {
            return answer;
        }
        assert!(waited < Duration::from_secs(10), "{what}: still {answer:?}");
        tokio::time::sleep(wait).await;
        waited += wait;
        wait = (wait * 2).min(Duration::from_millis(500));
    }
}

/// Makes a test of every case. `$setup` is an async function from a case's name to `Option<(impl Orders, impl Stock)>`.
#[macro_export]
macro_rules! conformance_tests {
    ($setup:ident) => {
        $crate::conformance_tests!(@cases $setup,
            orders: [
                a_commit_is_read_back, a_replica_has_the_beginning, an_unknown_order_is_none, one_writer_wins_a_number, an_order_begins_once,
                nanoseconds_survive, parked_facts_make_no_order, a_parked_fact_waits_for_its_order,
                nothing_is_parked_at_an_order, parked_facts_are_dropped, parking_and_placing_race, all_or_nothing, a_taken_number_outweighs_stock,
                the_last_word_on_a_row_counts, too_much_is_refused, unknown_events_are_noted,
                a_payments_id_leads_to_its_order
            ],
            stock: [
                counts_are_read_back, catalogue_and_locations_are_read_back, many_products_at_once, promises_need_free_units,
                lines_of_one_sku_are_one_move, counters_stay_above_zero, what_was_never_counted_is_short,
                a_count_follows_its_version, a_count_below_what_is_promised, a_count_beside_reservations, many_count_at_once,
                one_of_a_hundred_gets_the_last_unit
            ],
            timers: [
                a_timer_comes_when_it_is_time, earliest_first, a_timer_is_one_however_often_it_is_set,
                all_kinds_are_read_back, a_commit_keeps_its_timer
            ],
            lists: [
                a_customer_sees_the_newest_first, a_day_is_merged_over_its_shards, the_channels_day_counts,
                foreign_cursors_are_refused, tasks_open_and_close, tasks_of_no_order, shipments_enter_and_leave_lists,
                the_ledger_is_read_by_the_day
            ],
            tracking: [
                a_number_leads_to_its_shipment, a_scan_waits_for_its_number, a_number_given_out_again
            ],
            intake: [
                a_key_is_leased_once, another_body_is_told_apart, a_stored_order_is_known, an_ended_lease_is_taken_over,
                one_of_many_takes_over, keys_belong_to_credentials, keys_are_forgotten
            ]
        );
    };
    (@cases $setup:ident, $($group:ident: [$($case:ident),+ $(,)?]),+ $(,)?) => {
        $(mod $group {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some((orders, stock)) = super::$setup(concat!(stringify!($group), "-", stringify!($case))).await {
                    $crate::conformance::$group::$case(orders, stock).await;
                }
            })+
        })+
    };
}
