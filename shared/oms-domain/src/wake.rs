//! When an order needs work, and which workflow does it. Pure: the sweep, the queue and the tests all ask here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::attempts;
use crate::benefit;
use crate::order::{Capture, Order, Payment, Refund, Shipment};
use crate::policy::Policy;
use crate::promise;
use crate::refund_pace::{self, Turn};
use crate::status::{CaptureStatus, OrderStatus, RefundStatus, ShipmentStatus};

/// How long the answer to a call may take before it counts as lost, in seconds.
const ANSWER_SECONDS: i64 = 30;

/// The workflows, by what they carry an order through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// From received to payable, or to its locations where there is nothing to pay.
    Placement,
    /// Places for goods that are set aside nowhere: a location refused them.
    Fulfilment,
    /// Whatever has to be undone, and whatever time alone decides.
    Reversal,
}

impl Work {
    /// Every workflow.
    pub const ALL: &'static [Self] = &[Self::Placement, Self::Fulfilment, Self::Reversal];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Placement => "placement",
            Self::Fulfilment => "fulfilment",
            Self::Reversal => "reversal",
        }
    }
}

/// What the order needs next and when, if anything; the time is in the past when it needs it now.
#[must_use]
pub fn next(order: &Order, policy: &Policy) -> Option<(Timestamp, Work)> {
    wakes(order, policy).into_iter().min()
}

/// The work that is due at a time, if any.
#[must_use]
pub fn work(order: &Order, policy: &Policy, now: Timestamp) -> Option<Work> {
    next(order, policy).filter(|(at, _)| *at <= now).map(|(_, work)| work)
}

/// Every kind of work that is due at a time, the longest overdue first: what one of them waits for does not keep another waiting.
#[must_use]
pub fn due(order: &Order, policy: &Policy, now: Timestamp) -> Vec<Work> {
    let mut wakes = wakes(order, policy);
    wakes.retain(|(at, _)| *at <= now);
    wakes.sort_unstable();
    let mut due = Vec::new();
    for (_, work) in wakes {
        if !due.contains(&work) {
            due.push(work);
        }
    }
    due
}

/// When the order next needs work, if ever.
#[must_use]
pub fn next_wake(order: &Order, policy: &Policy) -> Option<Timestamp> {
    next(order, policy).map(|(at, _)| at)
}

/// Everything that waits for a time, or for nothing but us.
fn wakes(order: &Order, policy: &Policy) -> Vec<(Timestamp, Work)> {
    let mut wakes = Vec::new();
    let now = order.updated_at;
    match order.status {
        OrderStatus::Received => wakes.push((now, Work::Placement)),
        // Left between two steps by the version before, as what is covered or planned and not released is below.
        OrderStatus::Validated if !order.reserved => wakes.push((now, Work::Placement)),
        OrderStatus::AwaitingPayment if !order.is_held() => {
            wakes.extend(order.payment_deadline.map(|at| (at, Work::Reversal)));
        }
        OrderStatus::Confirmed | OrderStatus::InFulfilment if !order.is_held() => {
            if order.has_unplanned() {
                wakes.push((order.plan_failure.as_ref().map_or(now, |f| f.retry_at), Work::Fulfilment));
            }
            if order.shipments.iter().any(|s| s.status == ShipmentStatus::Planned) {
                wakes.push((now, Work::Fulfilment));
            }
        }
        OrderStatus::Completed => {
            wakes.extend(order.completed_at.map(|at| (Policy::after(at, policy.close_after_seconds), Work::Reversal)))
        }
        OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Closed
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => {}
    }
    wakes.extend(order.expiring_holds().map(|h| (h.deadline, Work::Reversal)));
    wakes.extend(order.shipments.iter().filter_map(|s| silent_after(s, policy)).map(|at| (at, Work::Reversal)));
    wakes.extend(promise::endings(order, policy).map(|(at, ..)| (at, Work::Reversal)));
    wakes.extend(undoing(order));
    wakes.extend(benefit::work(order, policy).map(|_| (now, Work::Reversal)));
    wakes
}

/// What has to be undone or sent back.
fn undoing(order: &Order) -> Vec<(Timestamp, Work)> {
    let now = order.updated_at;
    let mut times = Vec::new();
    for refund in &order.refunds {
        match refund.status {
            RefundStatus::Approved => match refund_pace::turn(order, refund) {
                Turn::Now => times.push(now),
                Turn::At(at) => times.push(at.max(now)),
                // The one before it has a time of its own.
                Turn::Behind => {}
            },
            RefundStatus::Submitted | RefundStatus::Unknown => times.push(asked_at(order, refund)),
            RefundStatus::Requested
            | RefundStatus::Declined
            | RefundStatus::Succeeded
            | RefundStatus::Failed
            | RefundStatus::Manual => {}
        }
    }
    for capture in &order.captures {
        match capture.status {
            // One of an order that is being undone is withdrawn with it, or goes on with it.
            CaptureStatus::Requested if !order.is_undone() => times.push(now),
            CaptureStatus::Submitted | CaptureStatus::Unknown => times.push(asked_about_capture(capture)),
            CaptureStatus::Requested
            | CaptureStatus::Succeeded
            | CaptureStatus::Failed
            | CaptureStatus::Manual
            | CaptureStatus::Withdrawn => {}
        }
    }
    if order.is_undone() {
        let waits = order.refunds.iter().any(|r| r.status == RefundStatus::Requested && !order.is_of_kept_deposit(r));
        // Until the location has answered, nothing is compensated, so there is nothing to do.
        if order.awaits_location() {
            return with_reversal(times);
        }
        if waits || order.live_reservations().next().is_some() || order.owes().is_ok_and(|m| m.is_positive()) {
            times.push(now);
        }
    } else if order.excess().is_ok_and(|m| m.is_positive()) {
        times.push(now);
    }
    times.extend(to_call_off(order).map(|payment| payment.retry_at.unwrap_or(now)));
    with_reversal(times)
}

fn with_reversal(times: Vec<Timestamp>) -> Vec<(Timestamp, Work)> {
    times.into_iter().map(|at| (at, Work::Reversal)).collect()
}

/// When a refund that was sent is asked about: whoever sent it gets time to record the answer first. Where it turns out
/// that it never arrived it is sent then, so that it waits for its turn too.
#[must_use]
pub fn asked_at(order: &Order, refund: &Refund) -> Timestamp {
    let turn = refund_pace::free_at(order, refund).unwrap_or(Timestamp::MIN);
    refund.retry_at.unwrap_or_else(|| Policy::after(refund.since, ANSWER_SECONDS).max(turn))
}

/// Whether a refund is to be carried a step on now: sent for the first time, or asked about.
#[must_use]
pub fn is_refund_due(order: &Order, refund: &Refund, now: Timestamp) -> bool {
    match refund.status {
        RefundStatus::Approved => match refund_pace::turn(order, refund) {
            Turn::Now => true,
            Turn::At(at) => at <= now,
            Turn::Behind => false,
        },
        RefundStatus::Submitted | RefundStatus::Unknown => asked_at(order, refund) <= now,
        RefundStatus::Requested
        | RefundStatus::Declined
        | RefundStatus::Succeeded
        | RefundStatus::Failed
        | RefundStatus::Manual => false,
    }
}

/// When a capture that was sent is asked about: whoever sent it gets time to record the answer first.
#[must_use]
pub fn asked_about_capture(capture: &Capture) -> Timestamp {
    capture.retry_at.unwrap_or_else(|| Policy::after(capture.since, ANSWER_SECONDS))
}

/// Whether a capture is to be carried a step on now: sent for the first time, or asked about.
#[must_use]
pub fn is_capture_due(order: &Order, capture: &Capture, now: Timestamp) -> bool {
    match capture.status {
        CaptureStatus::Requested => !order.is_undone(),
        CaptureStatus::Submitted | CaptureStatus::Unknown => asked_about_capture(capture) <= now,
        CaptureStatus::Succeeded | CaptureStatus::Failed | CaptureStatus::Manual | CaptureStatus::Withdrawn => false,
    }
}

/// Whether what is due at a time is no more than a look at a refund or a capture that was sent just now: whoever sent it records the answer,
/// unless it dies before.
#[must_use]
pub fn is_in_flight(order: &Order, at: Timestamp) -> bool {
    let sent = |r: &Refund| r.status == RefundStatus::Submitted && r.retry_at.is_none() && asked_at(order, r) == at;
    let taken =
        |c: &Capture| c.status == CaptureStatus::Submitted && c.retry_at.is_none() && asked_about_capture(c) == at;
    order.refunds.iter().any(sent) || order.captures.iter().any(taken)
}

/// Payment attempts that are to bring nothing more: all that are open when the order is undone, and those that have lost when
/// it is paid by others. One that is being captured is not called off: first its capture is answered. What is set aside on a
/// gift card goes back with the order's coupons and points.
pub fn to_call_off(order: &Order) -> impl Iterator<Item = &Payment> {
    let all = order.is_undone() && !order.awaits_location();
    let lost = if order.is_undone() { Vec::new() } else { attempts::losers(order) };
    let open = |p: &Payment| p.is_open() && !order.is_being_captured(p) && !p.is_set_aside_on_a_card();
    order.payments.iter().filter(move |p| open(p) && (all || lost.contains(&p.id)))
}

/// When a shipment has been silent for too long, unless people know already.
#[must_use]
pub fn silent_after(shipment: &Shipment, policy: &Policy) -> Option<Timestamp> {
    if shipment.overdue {
        return None;
    }
    let seconds = match shipment.status {
        ShipmentStatus::Released | ShipmentStatus::Accepted | ShipmentStatus::Packed => {
            policy.shipment_response_seconds
        }
        // A carrier has ten times as long as a location.
        ShipmentStatus::Shipped | ShipmentStatus::InTransit => policy.shipment_response_seconds.saturating_mul(10),
        // Somebody has dealt with the trouble, so the parcel should move again.
        ShipmentStatus::Exception if shipment.trouble_closed => policy.shipment_response_seconds.saturating_mul(10),
        ShipmentStatus::Backordered
        | ShipmentStatus::Scheduled
        | ShipmentStatus::Planned
        | ShipmentStatus::Delivered
        | ShipmentStatus::Rejected
        | ShipmentStatus::Cancelled
        | ShipmentStatus::Exception
        | ShipmentStatus::Lost
        | ShipmentStatus::ReturnedToSender => return None,
    };
    Some(Policy::after(shipment.moved_at, seconds))
}
