//! Whole lives, many at once: what they cost our own functions in CPU time, and how many this engine brings to their end a second.

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::subject::Subject;
use crate::error::{LocalError, Result};
use crate::meter::table::markdown;
use crate::progress::Progress;
use crate::stack::Functions;

/// How long an order may stay in one state.
const PATIENCE: Duration = Duration::from_secs(120);
/// Orders before the measurement: processes start, and what is slow once is over.
const WARM_UP: usize = 20;
/// Two SKUs, as the reference order has.
const LINES: [(&str, u32); 2] = [("TEE-M", 1), ("TEE-L", 1)];

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Orders.
    pub orders: usize,
    /// Orders at a time.
    pub at_once: usize,
    /// Where the functions come from.
    pub functions: Functions,
}

/// Lives the lives and tells the figures.
///
/// # Errors
/// The stack does not come up, or an order does not come to its end.
pub async fn measure(options: Options, progress: Progress) -> Result<String> {
    let subject = Subject::start(options.functions, progress).await?;
    let result = live(&subject, options, progress).await;
    subject.end().await?;
    result
}

async fn live(subject: &Subject, options: Options, progress: Progress) -> Result<String> {
    let step = progress.step("Warming the functions up");
    lives(subject, WARM_UP, options.at_once).await?;
    step.done(&format!("{} processes", subject.function_processes().len()));
    let step = progress.step(&format!("{} whole lives, {} at a time", options.orders, options.at_once));
    let (before, engine_before) = (subject.functions_cpu(), subject.engine_cpu());
    let since = Instant::now();
    lives(subject, options.orders, options.at_once).await?;
    let took = since.elapsed();
    // What follows the last delivery, such as its events.
    while subject.waiting().await? > 0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (after, engine_after) = (subject.functions_cpu(), subject.engine_cpu());
    step.done("delivered");
    let orders = Decimal::from(options.orders);
    let each = |ms: Decimal| (ms / orders).round_dp(2).to_string();
    let seconds = Decimal::from(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)) / Decimal::ONE_THOUSAND;
    let engine = engine_after.total() - engine_before.total();
    let rows = vec![
        row("CPU ms per order, our functions", each(after.total() - before.total())),
        row("of it in user mode", each(after.user_ms - before.user_ms)),
        row("of it in the kernel (sockets, mostly)", each(after.system_ms - before.system_ms)),
        row("CPU ms per order, the engine", each(engine)),
        row("orders a second, end to end, on this engine", (orders / seconds).round_dp(1).to_string()),
        row("the engine's share of one CPU", format!("{} %", (engine / seconds / Decimal::TEN).round_dp(0))),
        row("processes of functions", subject.function_processes().len().to_string()),
    ];
    let orders = options.orders;
    Ok(format!(
        "{orders} orders of two SKUs, ten HTTP calls each, {} at a time, from the post to the delivery.\n\n{}",
        options.at_once,
        markdown(&["figure", "value"], &rows)
    ))
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

async fn lives(subject: &Subject, orders: usize, at_once: usize) -> Result<()> {
    let lives = (0..orders).map(|_| life(subject));
    stream::iter(lives).buffer_unordered(at_once).try_for_each(|()| async { Ok(()) }).await
}

/// The reference life: post, read, payment, read, three reports, three scans.
async fn life(subject: &Subject) -> Result<()> {
    let shop = &subject.shop;
    let placed = shop.place(&LINES, "stripe").await?;
    let id = &placed.order_id;
    subject.until(id, "payment_requested", PATIENCE).await?;
    shop.read(id).await?;
    shop.pay(&placed, 1).await?;
    let shipment = released(subject, id).await?;
    let tracking = shop.number("SF").replace('-', "");
    for report in [
        json!({ "event": "accepted" }),
        json!({ "event": "packed" }),
        json!({ "event": "shipped", "carrier": "standard", "tracking_number": tracking }),
    ] {
        shop.warehouse(&shipment, &report).await?;
    }
    for status in ["in_transit", "out_for_delivery", "delivered"] {
        shop.scan(&tracking, status).await?;
    }
    subject.until(id, "completed", PATIENCE).await
}

/// The rows tell when the shipment is with its location; the second read tells which it is.
async fn released(subject: &Subject, order_id: &str) -> Result<String> {
    subject.until(order_id, "released", PATIENCE).await?;
    let order = subject.shop.read(order_id).await?;
    let status = order.pointer("/shipments/0/status").and_then(Value::as_str).unwrap_or_default();
    let shipment = order.pointer("/shipments/0/shipment_id").and_then(Value::as_str);
    match shipment {
        Some(shipment) if status == "released" => Ok(shipment.to_owned()),
        Some(_) | None => Err(LocalError::Failed(format!("{order_id} should be released: {order}"))),
    }
}
