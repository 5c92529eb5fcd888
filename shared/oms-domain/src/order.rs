//! The order as its events leave it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::benefit::Spent;
use crate::body::{PlacedOrder, Provider};
pub use crate::capture::Capture;
use crate::event::{Allotment, CancelledLine, RefundCause, RefundLine, Rejection, ShipmentLine};
pub use crate::fee::Fee;
use crate::id::{
    CaptureId, Carrier, EventKey, HoldId, LocationId, OrderId, PaymentId, PaymentReference, RefundId, ReturnId,
    ShipmentId, TrackingNumber,
};
use crate::money::Money;
use crate::payment_start::PaymentStart;
use crate::status::{
    BenefitStatus, HoldKind, HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ReservationStatus, ShipmentStatus,
};
use crate::terms::Terms;

/// An order's whole state. Made by [`Order::from_records`] only, and changed only by applying further records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The number of its last commit: 1 after it was received.
    pub version: u64,
    /// How many events it has had.
    pub event_count: u64,
    /// What was ordered.
    pub body: PlacedOrder,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was received.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Its holds.
    pub holds: Vec<Hold>,
    /// Its payment attempts, the declared ones first.
    pub payments: Vec<Payment>,
    /// Whether a person has accepted what was paid as settling the order.
    pub payment_accepted: bool,
    /// What was missing of the total when a person accepted it.
    pub let_off: Money,
    /// Until when an unpaid order may be paid, once asked.
    pub payment_deadline: Option<Timestamp>,
    /// When the buyer was last asked to pay.
    pub asked_at: Option<Timestamp>,
    /// Under which terms the buyer was first asked to pay.
    pub terms: Terms,
    /// Where its coupons and points stand, once the service that keeps count of them has answered.
    pub benefits: Option<BenefitStatus>,
    /// Points of parts that the service has taken back: the returns' ids.
    pub points_returned: BTreeSet<ReturnId>,
    /// Whether its lines were set aside (also when nothing needed to be).
    pub reserved: bool,
    /// Its promised units.
    pub reservations: Vec<Reservation>,
    /// Its shipments.
    pub shipments: Vec<Shipment>,
    /// Locations that refused a part of it: not asked again.
    pub refusing_locations: BTreeSet<LocationId>,
    /// Set while open quantity has nowhere to ship from.
    pub plan_failure: Option<PlanFailure>,
    /// Whether what needs no shipping was handed over.
    pub digital_delivered: bool,
    /// Its captures: promises that we take ourselves, one for each payment at most.
    pub captures: Vec<Capture>,
    /// Its refunds.
    pub refunds: Vec<Refund>,
    /// Why it was rejected.
    pub rejections: Vec<Rejection>,
    /// Why it is being, or was, undone.
    pub cancellation_reason: Option<String>,
    /// Units that were cancelled while the rest went on, in the order in which they were.
    pub cancelled: Vec<CancelledLine>,
    /// What of their worth came off before any money had come.
    pub taken_off_unpaid: Money,
    /// What the tables did not know.
    pub anomalies: Vec<Anomaly>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// External events and requests that have had their effect.
    pub applied: BTreeSet<EventKey>,
    /// Which request led to which refund.
    pub refund_keys: BTreeMap<EventKey, RefundId>,
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Why.
    pub kind: HoldKind,
    /// Where it stands.
    pub status: HoldStatus,
    /// In words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When it rejects itself.
    pub deadline: Timestamp,
    /// Who answered, and with which reason.
    pub answer: Option<String>,
}

/// A payment attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// Through whom.
    pub provider: Provider,
    /// Our reference.
    pub reference: PaymentReference,
    /// The provider's own id, once known.
    pub provider_payment_id: Option<String>,
    /// The ids that the provider gave it before: some give a new one when a promise is taken.
    pub former_ids: Vec<String>,
    /// What it is meant to bring; for a second payment, what it brought.
    pub amount: Money,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Promised by the buyer's bank.
    pub authorized: Money,
    /// What of that the provider let go and called a refund, by its ids of these refunds.
    pub released: BTreeMap<String, Money>,
    /// Taken.
    pub captured: Money,
    /// Of it, what the buyer's bank has taken back, for good or while it decides.
    pub charged_back: Money,
    /// Of that, what is lost for good.
    pub lost: Money,
    /// What of it the shop was to keep as a deposit, when the order expired: see [`crate::deposit`].
    pub forfeited: Money,
    /// When any of it was first taken.
    pub captured_at: Option<Timestamp>,
    /// Until when it is promised: as the provider says, else as far as is known. See [`crate::promise`].
    pub expires_at: Option<Timestamp>,
    /// When a call whose answer was lost is asked about.
    pub retry_at: Option<Timestamp>,
    /// Whether the order declared it (a further attempt or a second payment was not).
    pub declared: bool,
    /// The request that asked for it, of a further attempt that was asked for under a key.
    pub opened_by: Option<EventKey>,
    /// That Waybill began it at its provider.
    pub started: Option<PaymentStart>,
    /// What the provider keeps for it, as far as it has said so.
    pub fees: Vec<Fee>,
}

/// Units of a line promised at a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// What and where.
    pub allotment: Allotment,
    /// Where it stands.
    pub status: ReservationStatus,
    /// The shipment that it is part of, once planned.
    pub shipment_id: Option<ShipmentId>,
}

/// The part of the order that one location ships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// Its id.
    pub id: ShipmentId,
    /// From where.
    pub location_id: LocationId,
    /// Where it stands.
    pub status: ShipmentStatus,
    /// What is in it.
    pub lines: Vec<ShipmentLine>,
    /// By whom it is carried.
    pub carrier: Option<Carrier>,
    /// What the carrier calls it.
    pub tracking_number: Option<TrackingNumber>,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When it last moved.
    pub moved_at: Timestamp,
    /// Whether it is on the van.
    pub out_for_delivery: bool,
    /// Since when the location is asked to stop, while it has not answered.
    pub cancel_requested_at: Option<Timestamp>,
    /// Whether nothing was heard of it for too long, and nobody has dealt with that.
    pub overdue: bool,
    /// Whether its trouble (exception, lost, returned) has been dealt with.
    pub trouble_closed: bool,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its id, and the provider's idempotency key.
    pub id: RefundId,
    /// From which payment.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: RefundStatus,
    /// Why.
    pub cause: RefundCause,
    /// In words.
    pub reason: String,
    /// For which lines, if it was asked for by lines.
    pub lines: Vec<RefundLine>,
    /// The points that those units carry.
    pub points_back: Vec<Spent>,
    /// The provider's own id.
    pub provider_reference: Option<String>,
    /// Since when it stands there.
    pub since: Timestamp,
    /// When it was sent for the first time: some providers know it by our id for a number of days only.
    pub first_sent_at: Option<Timestamp>,
    /// When it is tried or asked about again.
    pub retry_at: Option<Timestamp>,
    /// How often it was sent or asked about.
    pub attempts: u32,
    /// How often since the provider's last answer the answer was lost.
    pub lost_answers: u32,
    /// Whether the provider has said no since it was last sent: an old success that comes late is not believed.
    pub refused: bool,
    /// When it last went out: when its answer came, or before that, when it was submitted.
    pub sent_at: Option<Timestamp>,
    /// Who asked for it, if a person did.
    pub asked_by: Option<String>,
    /// Who agreed to it, of one that waited for a second person.
    pub approved_by: Option<String>,
}

/// Open quantity without a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFailure {
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again.
    pub retry_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// In words.
    pub detail: String,
}

/// Something that the tables did not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// Its id within the order.
    pub id: String,
    /// What.
    pub what: String,
    /// In words.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether a person has looked.
    pub closed: bool,
}

impl Order {
    /// The payment with an id.
    #[must_use]
    pub fn payment(&self, id: &PaymentId) -> Option<&Payment> {
        self.payments.iter().find(|p| p.id == *id)
    }

    /// The refund with an id.
    #[must_use]
    pub fn refund(&self, id: &RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|r| r.id == *id)
    }

    /// The capture with an id.
    #[must_use]
    pub fn capture(&self, id: &CaptureId) -> Option<&Capture> {
        self.captures.iter().find(|c| c.id == *id)
    }

    /// The shipment with an id.
    #[must_use]
    pub fn shipment(&self, id: &ShipmentId) -> Option<&Shipment> {
        self.shipments.iter().find(|s| s.id == *id)
    }

    /// The hold with an id.
    #[must_use]
    pub fn hold(&self, id: &HoldId) -> Option<&Hold> {
        self.holds.iter().find(|h| h.id == *id)
    }

    /// Holds in force.
    pub fn active_holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(|h| h.status == HoldStatus::Active)
    }

    /// Whether anything holds the goods.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.active_holds().next().is_some()
    }

    /// Holds whose deadline decides: none while a part of the order has left and another has not.
    pub fn expiring_holds(&self) -> impl Iterator<Item = &Hold> {
        let decides = self.is_undone() || !self.is_partly_shipped();
        self.active_holds().filter(move |_| decides)
    }

    /// Whether anything has left a location (or was handed over).
    #[must_use]
    pub fn has_shipped(&self) -> bool {
        self.digital_delivered || self.shipments.iter().any(|s| s.status.has_shipped())
    }

    /// Whether the order is over without goods, or on the way there: whatever was paid goes back.
    #[must_use]
    pub fn is_undone(&self) -> bool {
        match self.status {
            OrderStatus::Rejected | OrderStatus::Expired | OrderStatus::Cancelling | OrderStatus::Cancelled => true,
            OrderStatus::Received
            | OrderStatus::Validated
            | OrderStatus::AwaitingPayment
            | OrderStatus::Confirmed
            | OrderStatus::InFulfilment
            | OrderStatus::Completed
            | OrderStatus::Closed => false,
        }
    }

    /// What an attempt secures of the total: taken, authorized, due at the door or with the channel.
    #[must_use]
    pub fn secured(&self, payment: &Payment) -> Money {
        if payment.provider.is_promise() && payment.declared {
            return payment.amount;
        }
        match payment.status {
            // A person has said that it will not be taken.
            PaymentStatus::Authorized if self.is_given_up(payment) => Money::zero(self.body.currency),
            PaymentStatus::Authorized => payment.authorized,
            // A dispute holds the goods by a hold of its own; whoever lifts that says that they may go.
            PaymentStatus::PartiallyCaptured | PaymentStatus::Captured | PaymentStatus::Disputed => payment.captured,
            PaymentStatus::ChargedBack => payment.captured.sub(payment.lost).unwrap_or(payment.lost),
            PaymentStatus::Created
            | PaymentStatus::RequiresAction
            | PaymentStatus::Failed
            | PaymentStatus::Expired
            | PaymentStatus::Voiding
            | PaymentStatus::Voided
            | PaymentStatus::Unknown => Money::zero(self.body.currency),
        }
    }

    /// Whether goods may move as far as money goes.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        (self.payment_accepted && !self.is_paid_in_parts()) || self.is_secured()
    }

    /// Whether an attempt is the sales channel's business: it took the money, and it sends it back.
    #[must_use]
    pub fn is_collected_by_channel(&self, payment: &Payment) -> bool {
        payment.provider == Provider::Channel
            || self.body.payments.iter().any(|d| d.reference == payment.reference && d.collected_by_channel)
    }
}
