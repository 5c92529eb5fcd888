//! Refunds that one person may not decide alone: above an amount they wait until somebody else of finance agrees.

use crate::body::Line;
use crate::decide::refund::{find, state};
use crate::event::{OrderEvent, RefundCause, RefundLine};
use crate::id::RefundId;
use crate::money::Money;
use crate::order::{Order, Refund};
use crate::policy::Context;
use crate::refund_pace;
use crate::refund_share::gone_back;
use crate::refusal::Refusal;
use crate::status::RefundStatus;

/// What a person has just asked for, waiting where it needs a second person. Money that came in twice does not wait: it
/// goes back whoever asks. Everything else does once people alone would have sent back more of the order than the
/// amount, so that asking in parts is no way around it.
pub(super) fn wait(order: &Order, asked: Vec<OrderEvent>, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Refusal> {
    let currency = order.body.currency;
    let Some(most) = ctx.policy.refund_approval(currency) else { return Ok(asked) };
    let alone = order.refunds.iter().filter(|r| decided_alone(r)).map(|r| r.amount);
    let sum = Money::sum(currency, alone.chain(asked.iter().filter_map(requested)))?;
    Ok(if sum.compare(most)?.is_gt() { asked.into_iter().map(waiting).collect() } else { asked })
}

/// Whether one person alone has decided a refund that nobody was owed.
fn decided_alone(refund: &Refund) -> bool {
    let alone = refund.asked_by.is_some() && refund.approved_by.is_none();
    alone && refund.cause == RefundCause::Requested && refund.status.claims_money()
}

fn requested(event: &OrderEvent) -> Option<Money> {
    let OrderEvent::RefundApproved { amount, cause: RefundCause::Requested, .. } = event else { return None };
    Some(*amount)
}

/// The same refund, waiting; one of another cause stays as it is.
fn waiting(event: OrderEvent) -> OrderEvent {
    if let OrderEvent::RefundApproved {
        refund_id,
        payment_id,
        amount,
        cause: cause @ RefundCause::Requested,
        reason,
        lines,
        points_back,
        key,
        by,
    } = event
    {
        OrderEvent::RefundRequested { refund_id, payment_id, amount, cause, reason, lines, points_back, key, by }
    } else {
        event
    }
}

/// A second person agrees: the refund goes its way, with all that was said when it was asked for.
pub(super) fn approve(order: &Order, id: &RefundId, by: &str) -> Result<Vec<OrderEvent>, Refusal> {
    let refund = waits(order, id)?;
    if refund.asked_by.as_deref() == Some(by) {
        return Err(Refusal::SamePerson { kind: "refund", id: id.to_string(), by: by.into() });
    }
    Ok(vec![OrderEvent::RefundApproved {
        refund_id: id.clone(),
        payment_id: refund.payment_id.clone(),
        amount: refund.amount,
        cause: refund.cause,
        reason: refund.reason.clone(),
        lines: refund.lines.clone(),
        points_back: refund.points_back.clone(),
        key: None,
        by: Some(by.into()),
    }])
}

/// Somebody says no, or whoever asked takes it back: it is kept in the books, and nothing moves. So it is with a refund
/// that a person has to do and whose money the buyer's bank has taken back.
pub(super) fn decline(order: &Order, id: &RefundId, reason: &str) -> Result<Vec<OrderEvent>, Refusal> {
    let refund = find(order, id)?;
    if refund.status == RefundStatus::Manual && refund_pace::is_charged_back(order, refund) {
        return Ok(vec![declined(refund, reason)]);
    }
    Ok(vec![declined(waits(order, id)?, reason)])
}

/// What still waits of an order that is undone gives way to what is owed. Nobody is owed a deposit that is kept: to send that
/// back after all still takes two people.
pub(super) fn overtaken(order: &Order, reason: &str) -> Vec<OrderEvent> {
    let waits = |r: &&Refund| r.status == RefundStatus::Requested && !order.is_of_kept_deposit(r);
    let waiting = order.refunds.iter().filter(waits);
    waiting.map(|r| declined(r, &format!("overtaken, everything goes back: {reason}"))).collect()
}

/// Refunds that wait and are asked for by lines give way where these units cannot be cancelled and refunded as well: cancelled
/// units that somebody has asked back would come off for nothing, whatever became of the asking.
pub(super) fn overtaken_units(
    order: &Order,
    units: &[(&Line, u32)],
    reason: &str,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let clash = |free: &Order, asked: &RefundLine| {
        let cut = units.iter().find(|(line, _)| line.line_id == asked.line_id);
        cut.is_some_and(|(line, quantity)| *quantity > line.quantity.saturating_sub(gone_back(free, &line.line_id)))
    };
    let reason = format!("overtaken, its units are cancelled: {reason}");
    let is_in_the_way =
        |free: &Order, request: &[&Refund]| Ok(request.iter().flat_map(|r| &r.lines).any(|asked| clash(free, asked)));
    give_way(order, &reason, ctx, is_in_the_way)
}

/// What still waits of an order that goes on gives way to an amount that is owed, the latest first and no more than must.
pub(super) fn overtaken_by(
    order: &Order,
    owed: Money,
    reason: &str,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let reason = format!("overtaken, what is owed goes back first: {reason}");
    give_way(order, &reason, ctx, |free, _| Ok(owed.compare(free.refundable_total()?)?.is_gt()))
}

/// Declines what waits as long as it is in the way, request by request, the latest first.
fn give_way(
    order: &Order,
    reason: &str,
    ctx: &Context<'_>,
    is_in_the_way: impl Fn(&Order, &[&Refund]) -> Result<bool, Refusal>,
) -> Result<Vec<OrderEvent>, Refusal> {
    let mut free = order.clone();
    let mut events = Vec::new();
    for request in waiting_requests(order).into_iter().rev() {
        if is_in_the_way(&free, &request)? {
            let given_way: Vec<OrderEvent> = request.iter().map(|refund| declined(refund, reason)).collect();
            given_way.iter().for_each(|event| free.apply(event, ctx.now));
            events.extend(given_way);
        }
    }
    Ok(events)
}

/// What waits, by what was asked for in one go: a request that is split over several payments is several refunds, of which the
/// first alone has its key and its lines.
fn waiting_requests(order: &Order) -> Vec<Vec<&Refund>> {
    let is_first = |refund: &Refund| order.refund_keys.values().any(|id| *id == refund.id);
    let mut requests: Vec<Vec<&Refund>> = Vec::new();
    for refund in order.refunds.iter().filter(|refund| refund.asked_by.is_some()) {
        match requests.last_mut() {
            Some(request) if !is_first(refund) => request.push(refund),
            Some(_) | None => requests.push(vec![refund]),
        }
    }
    for request in &mut requests {
        request.retain(|refund| refund.status == RefundStatus::Requested);
    }
    requests.retain(|request| !request.is_empty());
    requests
}

fn declined(refund: &Refund, reason: &str) -> OrderEvent {
    OrderEvent::RefundDeclined { refund_id: refund.id.clone(), reason: reason.into() }
}

fn waits<'a>(order: &'a Order, id: &RefundId) -> Result<&'a Refund, Refusal> {
    let refund = find(order, id)?;
    match refund.status {
        RefundStatus::Requested => Ok(refund),
        RefundStatus::Approved
        | RefundStatus::Declined
        | RefundStatus::Submitted
        | RefundStatus::Succeeded
        | RefundStatus::Failed
        | RefundStatus::Unknown
        | RefundStatus::Manual => Err(state(refund)),
    }
}
