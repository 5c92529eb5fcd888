//! Payment callbacks: how soon each provider hears that its callback was stored, and what that costs our function in CPU time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};
use hdrhistogram::Histogram;
use rust_decimal::Decimal;

use super::subject::Subject;
use crate::error::{LocalError, Result};
use crate::meter::processes;
use crate::meter::table::markdown;
use crate::progress::Progress;
use crate::shop::Placed;
use crate::stack::Functions;
use crate::wallets::{Trade, Wallet};

const LINES: [(&str, u32); 2] = [("TEE-M", 1), ("TEE-L", 1)];
/// Orders that are placed at a time, before anything is measured.
const AT_ONCE: usize = 8;
/// How long an order may take until it waits for its payment, and the queue until it is empty.
const PATIENCE: Duration = Duration::from_secs(240);
/// Callbacks of each provider that go ahead uncounted: processes start, and what is slow once is over.
const WARM_UP: usize = 5;
/// The function that takes them, as the template names it: its physical name has that in it.
const FUNCTION: &str = "PaymentCallbackFunction";

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Callbacks of each provider.
    pub orders: usize,
    /// How many are due a second.
    pub per_second: u32,
    /// Where the functions come from.
    pub functions: Functions,
}

/// Who calls back: a wallet, or Stripe where there is none.
type Caller = Option<Wallet>;

/// Places the orders, pays them, tells the figures.
///
/// # Errors
/// The stack does not come up, or a callback is refused.
pub async fn measure(options: Options, progress: Progress) -> Result<String> {
    let subject = Subject::start(options.functions, progress).await?;
    let result = all(&subject, options, progress).await;
    subject.end().await?;
    result
}

async fn all(subject: &Subject, options: Options, progress: Progress) -> Result<String> {
    let callers = [Caller::None].into_iter().chain(Wallet::ALL.map(Some));
    let mut rows = Vec::new();
    for caller in callers {
        let name = caller.map_or("stripe", Wallet::name);
        let step = progress.step(&format!("{} orders that wait to be paid by {name}", options.orders + WARM_UP));
        let mut orders = waiting(subject, name, options.orders + WARM_UP).await?;
        subject.drained(PATIENCE).await?;
        step.done("waiting");
        let step = progress.step(&format!("{} callbacks of {name}", options.orders));
        let measured = orders.split_off(WARM_UP.min(orders.len()));
        for placed in &orders {
            call_back(subject, caller, placed).await?;
        }
        subject.drained(PATIENCE).await?;
        rows.push(paced(subject, caller, &measured, options.per_second).await?);
        subject.drained(PATIENCE).await?;
        step.done("stored");
    }
    let header = ["provider", "callbacks", "p50 ms", "p99 ms", "most ms", "CPU ms each"];
    Ok(format!(
        "{} callbacks a second, each the first word of an order's payment, sent while the orders paid before go on.\n\n{}",
        options.per_second,
        markdown(&header, &rows)
    ))
}

/// Orders of a provider that are awaiting its word.
async fn waiting(subject: &Subject, provider: &str, count: usize) -> Result<Vec<Placed>> {
    let one = async || {
        let placed = subject.shop.place(&LINES, provider).await?;
        subject.until(&placed.order_id, "payment_requested", PATIENCE).await?;
        Ok(placed)
    };
    stream::iter((0..count).map(|_| one())).buffer_unordered(AT_ONCE).try_collect().await
}

/// Each when it is due, unless the one before is not answered yet.
async fn paced(subject: &Subject, caller: Caller, orders: &[Placed], per_second: u32) -> Result<Vec<String>> {
    let apart = Duration::from_secs(1).checked_div(per_second).unwrap_or_default();
    let mut times = Histogram::<u64>::new(3).map_err(LocalError::engine("making a histogram"))?;
    let before = cpu(subject)?;
    let mut due = Instant::now();
    for placed in orders {
        tokio::time::sleep_until(due.into()).await;
        let since = Instant::now();
        call_back(subject, caller, placed).await?;
        let took = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        times.record(took).map_err(LocalError::engine("counting"))?;
        due = (due + apart).max(Instant::now());
    }
    let used: Decimal =
        cpu(subject)?.into_iter().map(|(pid, ms)| ms - before.get(&pid).copied().unwrap_or_default()).sum();
    let each = used / Decimal::from(orders.len().max(1));
    let shown = |microseconds: u64| format!("{}.{}", microseconds / 1000, microseconds / 100 % 10);
    Ok(vec![
        caller.map_or("stripe", Wallet::name).to_owned(),
        orders.len().to_string(),
        shown(times.value_at_quantile(0.5)),
        shown(times.value_at_quantile(0.99)),
        shown(times.max()),
        each.round_dp(2).to_string(),
    ])
}

/// The buyer pays and the provider says so, once.
async fn call_back(subject: &Subject, caller: Caller, placed: &Placed) -> Result<()> {
    let shop = &subject.shop;
    let Some(wallet) = caller else { return shop.pay(placed, 1).await.map(drop) };
    let trade = Trade {
        id: shop.number("4200").replace('-', ""),
        reference: placed.reference.clone(),
        cents: i64::from(placed.cents),
        is_paid: true,
        is_closed: false,
        is_for_later: false,
        is_approved: false,
        is_promised: false,
        taken: None,
    };
    let said = wallet.paid(&shop.stack, &shop.number("evt"), &trade)?;
    shop.wallet_says(wallet, &said).await
}

/// CPU time of the processes that take callbacks, by process. They have taken some before anything is measured, so that none is
/// none of ours.
fn cpu(subject: &Subject) -> Result<BTreeMap<u32, Decimal>> {
    let mut processes = subject.function_processes();
    processes.retain(|process| process.function.contains(FUNCTION));
    if processes.is_empty() {
        return Err(LocalError::Failed(format!("no process is one of {FUNCTION}")));
    }
    Ok(processes::exact_cpu_ms(&processes))
}
