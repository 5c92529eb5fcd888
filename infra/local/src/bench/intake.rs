//! The door under load: its answers at a steady rate and through a spike, and how long the queue needs to work the spike off.
//!
//! Arrivals are open-loop: each request is sent when it is due, and its time counts from then.

use std::time::{Duration, Instant};

use futures::future::join_all;
use hdrhistogram::Histogram;
use rust_decimal::Decimal;

use super::arrivals::{Stretch, moments};
use super::subject::Subject;
use crate::error::{LocalError, Result};
use crate::meter::table::markdown;
use crate::progress::Progress;
use crate::shop::Placed;
use crate::stack::Functions;

const LINES: [(&str, u32); 2] = [("TEE-M", 1), ("TEE-L", 1)];
/// How long working the spike off may take.
const PATIENCE: Duration = Duration::from_secs(420);
/// How long a storefront goes on with an order that finds no room.
const INSISTS: Duration = Duration::from_secs(120);
/// And after how long it sends it again.
const AGAIN: Duration = Duration::from_secs(1);

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Orders a minute before the spike.
    pub per_minute: u32,
    /// For how many seconds.
    pub seconds: u32,
    /// The spike is so many times as high.
    pub times: u32,
    /// And lasts so many seconds.
    pub spike_seconds: u32,
    /// Where the functions come from.
    pub functions: Functions,
}

/// One stretch's answers.
struct Answers {
    microseconds: Histogram<u64>,
    orders: Vec<String>,
    /// Requests that were sent again, since there was no room for them.
    repeated: usize,
    failed: usize,
    took: Duration,
}

/// Posts, waits, tells the figures.
///
/// # Errors
/// The stack does not come up, or the queue is not worked off in time.
pub async fn measure(options: Options, progress: Progress) -> Result<String> {
    let subject = Subject::start(options.functions, progress).await?;
    let result = load(&subject, options, progress).await;
    subject.end().await?;
    result
}

async fn load(subject: &Subject, options: Options, progress: Progress) -> Result<String> {
    let steady = Stretch { per_minute: options.per_minute, seconds: options.seconds };
    let high = options.per_minute.saturating_mul(options.times);
    let spike = Stretch { per_minute: high, seconds: options.spike_seconds };
    // The first requests start the processes; on AWS provisioned or warm ones stand ready as well.
    stretch(subject, Stretch { per_minute: 240, seconds: 2 }).await?;
    subject.drained(PATIENCE).await?;
    let step = progress.step(&format!("{} orders a minute for {} s", steady.per_minute, steady.seconds));
    let before = stretch(subject, steady).await?;
    step.done("answered");
    subject.drained(PATIENCE).await?;
    let step = progress.step(&format!("{} orders a minute for {} s", spike.per_minute, spike.seconds));
    let during = stretch(subject, spike).await?;
    step.done("answered");
    let behind = subject.waiting().await?;
    let step = progress.step(&format!("Working off {behind} messages"));
    let since = Instant::now();
    // The orders, not the messages: one whose function found no room stays hidden for a quarter of an hour, and by then the
    // sweep has long seen to its order.
    for order in &during.orders {
        subject.until(order, "payment_requested", PATIENCE).await?;
    }
    let drain = since.elapsed();
    step.done("worked off");
    let rows = vec![described("steady", steady, &before)?, described("spike", spike, &during)?];
    let header =
        ["", "due a minute", "orders", "answered a second", "p50 ms", "p99 ms", "most ms", "sent again", "failed"];
    Ok(format!(
        "{}\nBehind at the end of the spike: {behind} messages. Worked off in {} s; every order of the spike was placed, none lost.",
        markdown(&header, &rows),
        drain.as_secs()
    ))
}

/// Sends every request when it is due, and waits for all answers.
async fn stretch(subject: &Subject, stretch: Stretch) -> Result<Answers> {
    let begin = Instant::now();
    let requests = moments(stretch).into_iter().map(|due| async move {
        tokio::time::sleep_until((begin + due).into()).await;
        let (placed, repeated) = insist(subject).await;
        (begin.elapsed().saturating_sub(due), placed, repeated)
    });
    let results = join_all(requests).await;
    let took = begin.elapsed();
    let histogram = Histogram::new(3).map_err(LocalError::engine("making a histogram"))?;
    let mut answers = Answers { microseconds: histogram, orders: Vec::new(), repeated: 0, failed: 0, took };
    for (time, placed, repeated) in results {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        answers.microseconds.record(time).map_err(LocalError::engine("counting"))?;
        answers.repeated += repeated;
        match placed {
            Ok(placed) => answers.orders.push(placed.order_id),
            Err(_) => answers.failed += 1,
        }
    }
    Ok(answers)
}

/// Posts an order as a storefront does: what finds no room is sent again, under its own key. Says how often.
async fn insist(subject: &Subject) -> (Result<Placed>, usize) {
    let since = Instant::now();
    let order = subject.shop.new_order(&LINES, "stripe");
    let mut repeated = 0;
    loop {
        let placed = subject.shop.post(&order).await;
        if placed.is_ok() || since.elapsed() > INSISTS {
            return (placed, repeated);
        }
        repeated += 1;
        tokio::time::sleep(AGAIN).await;
    }
}

fn described(name: &str, stretch: Stretch, answers: &Answers) -> Result<Vec<String>> {
    let quantile = |quantile| shown(answers.microseconds.value_at_quantile(quantile));
    let answered = Decimal::from(answers.orders.len());
    let milliseconds = Decimal::from(u64::try_from(answers.took.as_millis()).unwrap_or(u64::MAX).max(1));
    Ok(vec![
        name.to_owned(),
        stretch.per_minute.to_string(),
        answers.orders.len().to_string(),
        (answered * Decimal::ONE_THOUSAND / milliseconds).round_dp(1).to_string(),
        quantile(0.5),
        quantile(0.99),
        shown(answers.microseconds.max()),
        answers.repeated.to_string(),
        answers.failed.to_string(),
    ])
}

fn shown(microseconds: u64) -> String {
    format!("{}.{}", microseconds / 1000, microseconds / 100 % 10)
}
