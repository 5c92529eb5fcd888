//! Decisions: a state and a command give events, or a refusal. Nothing here waits, asks or looks at a clock.

mod attempt;
mod benefits;
mod call_off;
mod cancel_lines;
mod capture;
mod compensate;
mod dispute;
mod fee;
mod gift_cards;
mod goods_wait;
mod holds;
mod payment;
mod placement;
mod plan;
mod refund;
mod refund_fact;
mod second_person;
mod settle;
mod shipment;

use crate::command::Command;
use crate::event::OrderEvent;
use crate::order::Order;
use crate::policy::Context;
use crate::refusal::Refusal;

pub use self::capture::may_retry as may_retry_capture;
pub use self::goods_wait::ALL_BACK;

/// What follows from a command: no events means that there is nothing (left) to do, which is success.
///
/// # Errors
/// [`Refusal`] when the order's state does not allow the command.
pub fn decide(order: &Order, command: &Command, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let mut events = match command {
        Command::Validate { products, levels, locations } => placement::place(order, products, levels, locations, ctx),
        Command::ReserveBenefits { answer } => benefits::reserved(order, answer, ctx),
        Command::TellBenefits { work, answer } => benefits::told(order, work, answer, ctx),
        Command::RecordPayment(fact) => payment::record(order, fact, ctx)?,
        Command::IdentifyPayment { provider, amount, provider_payment_id } => {
            call_off::identify(order, *provider, *amount, provider_payment_id, ctx)?
        }
        Command::OpenPayment { provider, amount, key } => attempt::open(order, *provider, *amount, key.as_ref(), ctx)?,
        Command::StartPayment { payment_id, client, provider_payment_id, object, expires_at } => {
            let (told, object) = (provider_payment_id.as_deref(), object.as_deref());
            attempt::started(order, payment_id, *client, told, object, *expires_at, ctx)?
        }
        Command::Plan { levels, locations } => plan::plan(order, levels, locations, ctx),
        Command::Report { shipment_id, report } => shipment::report(order, shipment_id, report)?,
        Command::Scan { shipment_id, scan } => shipment::scan(order, shipment_id, *scan)?,
        Command::Cancel { reason } => compensate::cancel(order, reason, ctx)?,
        Command::CancelLines { lines, reason } => {
            let mut events = cancel_lines::cancel(order, lines, reason, ctx)?;
            events.extend(goods_wait::cut(order, &events, ctx)?);
            events
        }
        Command::ReleaseHold { hold_id, reason } => holds::release(order, hold_id, reason, ctx)?,
        Command::RejectHold { hold_id, reason } => holds::reject(order, hold_id, reason)?,
        Command::RequestRefund { key, ask, reason, by } => {
            let asked = refund::request(order, key, ask, reason, by, ctx)?;
            let mut events = second_person::wait(order, asked, ctx)?;
            events.extend(goods_wait::asked_back(order, &events, ctx)?);
            events
        }
        Command::ApproveRefund { refund_id, by } => second_person::approve(order, refund_id, by)?,
        Command::DeclineRefund { refund_id, reason } => {
            let mut events = second_person::decline(order, refund_id, reason)?;
            events.extend(goods_wait::stays(order, &events, ctx)?);
            events
        }
        Command::Compensate => compensate::compensate(order, ctx)?,
        Command::SubmitCapture { capture_id } => capture::submit(order, capture_id, ctx)?,
        Command::AnswerCapture { capture_id, answer } => capture::answer(order, capture_id, answer, ctx)?,
        Command::RetryCapture { capture_id } => capture::retry(order, capture_id)?,
        Command::WithdrawCapture { capture_id, reason } => capture::withdraw(order, capture_id, reason, ctx)?,
        Command::SubmitRefund { refund_id } => refund::submit(order, refund_id, ctx)?,
        Command::AnswerRefund { refund_id, answer } => refund::answer(order, refund_id, answer, ctx)?,
        Command::RetryRefund { refund_id } => refund::retry(order, refund_id, ctx)?,
        Command::SettleRefund { refund_id, reason } => refund::settle(order, refund_id, reason)?,
        Command::AnswerCallOff { payment_id, answer } => call_off::answer(order, payment_id, answer, ctx)?,
        Command::ReleaseStock => compensate::release_stock(order),
        Command::RetryPlan => plan::retry(order)?,
        Command::CloseTrouble { shipment_id, reason } => shipment::close_trouble(order, shipment_id, reason)?,
        Command::CloseAnomaly { anomaly_id, reason } => holds::close_anomaly(order, anomaly_id, reason)?,
    };
    if !events.is_empty() {
        settle::settle(order, &mut events, ctx);
    }
    Ok(events)
}

/// The order as events leave it, for decisions that look ahead.
#[must_use]
pub fn after(order: &Order, events: &[OrderEvent], now: jiff::Timestamp) -> Order {
    let mut order = order.clone();
    for event in events {
        order.apply(event, now);
    }
    order
}
