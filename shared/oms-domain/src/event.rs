//! What happened to an order: the only thing that is ever stored of it. Its state is the fold of its events.

mod capture;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::capture::CaptureEvent;
use crate::benefit::Spent;
use crate::body::{PlacedOrder, Provider};
use crate::id::{
    Carrier, Channel, ChannelOrderId, EventKey, HoldId, LineId, LocationId, OrderId, PaymentId, RefundId, ReturnId,
    ShipmentId, Sku, TrackingNumber,
};
use crate::ledger::Posting;
use crate::money::Money;
use crate::notification::Template;
use crate::payment_start::PayerClient;
pub use crate::rejection::{Rejection, RejectionCode};
use crate::status::{HoldKind, ShipmentStatus};
use crate::terms::Terms;

/// Who caused a change: a provider, a credential's name, or `system`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(pub String);

impl Actor {
    /// Waybill itself.
    #[must_use]
    pub fn system() -> Self {
        Self("system".into())
    }

    /// A named party.
    pub fn named(name: impl Into<String>) -> Self {
        Self(name.into())
    }
}

/// One stored change: all that one decision did, under the order's next number.
/// It is the status change, the entry in the timeline and the entry on the bus at once, so that none can exist alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRecord {
    /// The order.
    pub order_id: OrderId,
    /// 1, 2, 3, …: two writers of one number exclude each other.
    pub seq: u64,
    /// The number of the first event in the order's own count from 1.
    pub first_event: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// The external event or request whose effect this is, if any: it has its effect once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EventKey>,
    /// The order's channel, so that its entry on the bus can name it.
    pub channel: Channel,
    /// The order's number at its channel.
    pub channel_order_id: ChannelOrderId,
    /// What happened, in order.
    pub events: Vec<OrderEvent>,
    /// What that did to the books. Empty for commits that move no money, and for those of versions that kept no books
    /// ([`crate::ledger::history`] works these out).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postings: Vec<Posting>,
}

/// Units of a line promised at a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allotment {
    /// The line.
    pub line_id: LineId,
    /// Its stock keeping unit.
    pub sku: Sku,
    /// Where.
    pub location_id: LocationId,
    /// How many.
    pub quantity: u32,
}

/// A line's part in a shipment, with what its channel calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentLine {
    /// The line.
    pub line_id: LineId,
    /// The channel's id of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_line_id: Option<String>,
    /// Its stock keeping unit.
    pub sku: Sku,
    /// How many of it.
    pub quantity: u32,
}

/// A line's part in a refund or in a cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The line.
    pub line_id: LineId,
    /// How many of it.
    pub quantity: u32,
}

/// Units of a line that were cancelled while the rest of the order went on, and what they were worth: that comes off
/// the order's total. Units whose money had gone back before are worth nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelledLine {
    /// The line.
    pub line_id: LineId,
    /// How many of it.
    pub quantity: u32,
    /// What they were worth: their price less their share of discounts, with their share of tax and shipping.
    pub amount: Money,
    /// Their share of coupons and promotions.
    pub discount: Money,
    /// Their share of points.
    pub points: Money,
    /// The same by the discounts' codes: it goes back to the buyer's points where a service keeps count of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points_back: Vec<Spent>,
    /// Their share of tax, also where prices contain it.
    pub tax: Money,
    /// Their share of shipping.
    pub shipping: Money,
}

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// Finance asked for it.
    Requested,
    /// The order is undone.
    OrderUndone,
    /// More came in than was owed.
    Excess,
}

/// A promise, or the rest of one, that its provider lets go and calls a refund. It is kept so that the same refund is known
/// when it is told again, and another of the same amount is not taken for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// Whose promise.
    pub payment_id: PaymentId,
    /// The provider's id of the refund.
    pub provider_refund_id: String,
    /// How much.
    pub amount: Money,
}

/// The detail of a shipment that was taken back from its location, which had no part in it.
pub const WITHDRAWN: &str = "withdrawn";

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields carry the ids and amounts that their names say")]
pub enum OrderEvent {
    /// It was accepted; 202 was or will be answered.
    Received { body: Box<PlacedOrder> },
    /// It is complete, priced and payable.
    Validated,
    /// Coupons and points are set aside for it.
    BenefitsReserved,
    /// Coupons and points are spent.
    BenefitsCommitted,
    /// Coupons and points are the buyer's again.
    BenefitsReleased,
    /// Points that a part of the order carried are the buyer's again.
    BenefitsReturned { return_id: ReturnId, items: Vec<Spent> },
    /// It is refused.
    Rejected { reasons: Vec<Rejection> },
    /// Something waits for a person before goods move.
    HoldPlaced { hold_id: HoldId, kind: HoldKind, reason: String, deadline: Timestamp },
    /// A person lifted the hold.
    HoldReleased { hold_id: HoldId, reason: String },
    /// A person confirmed the hold.
    HoldRejected { hold_id: HoldId, reason: String },
    /// Nobody answered in time.
    HoldExpired { hold_id: HoldId },
    /// All lines are set aside.
    StockReserved { allotments: Vec<Allotment> },
    /// The buyer may pay until the deadline.
    PaymentRequested {
        deadline: Timestamp,
        /// Under which terms. Those of the first of these events count.
        #[serde(default, skip_serializing_if = "Terms::are_usual")]
        terms: Terms,
    },
    /// A payment attempt that the order did not declare: it was asked for, or it came to light (a second payment).
    PaymentAdded {
        payment_id: PaymentId,
        provider: Provider,
        amount: Money,
        /// The request that asked for it, if it had a key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<EventKey>,
    },
    /// Waybill began the attempt at its provider.
    PaymentStarted {
        payment_id: PaymentId,
        client: PayerClient,
        /// The provider's own id of what was begun, where that is not the payment's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<String>,
        /// Until when it may be paid as the provider was told, where it is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// The provider's own id of the attempt became known.
    PaymentIdentified { payment_id: PaymentId, provider_payment_id: String },
    /// The provider waits for the buyer.
    PaymentPending { payment_id: PaymentId },
    /// Promised by the buyer's bank. Comes again where the provider tells later until when.
    PaymentAuthorized {
        payment_id: PaymentId,
        amount: Money,
        /// Until when, as the provider says; none where it says nothing that can be true.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// So much is captured in all for this attempt.
    PaymentCaptured { payment_id: PaymentId, captured: Money },
    /// The provider says that it failed.
    PaymentFailed { payment_id: PaymentId, reason: String },
    /// The attempt is called off.
    PaymentExpired { payment_id: PaymentId },
    /// The promise is being given back.
    PaymentVoiding { payment_id: PaymentId },
    /// The promise was given back.
    PaymentVoided { payment_id: PaymentId },
    /// A call's answer was lost: ask again from `retry_at` on.
    PaymentUnknown { payment_id: PaymentId, retry_at: Timestamp },
    /// The buyer's bank wants it back.
    PaymentDisputed { payment_id: PaymentId, amount: Money },
    /// The dispute was won.
    DisputeWon { payment_id: PaymentId },
    /// The dispute was lost: so much is gone.
    DisputeLost { payment_id: PaymentId, amount: Money },
    /// The provider keeps so much for its service. The reference is its own, and a fee is booked once under it.
    FeeCharged { payment_id: PaymentId, reference: String, amount: Money },
    /// The provider gives so much of its fee back.
    FeeReturned { payment_id: PaymentId, reference: String, amount: Money },
    /// A person accepts what was paid as settling the order.
    PaymentAccepted,
    /// Covered: goods may move once nothing holds them.
    Confirmed,
    /// Shipments were decided; the units behind them are committed.
    ShipmentPlanned { shipment_id: ShipmentId, location_id: LocationId, lines: Vec<ShipmentLine> },
    /// No location can take what is open; tried again from `retry_at` on.
    PlanFailed { retry_at: Timestamp, detail: String },
    /// A person wants the open quantity planned again now.
    PlanRetried,
    /// A shipment moved.
    ShipmentMoved {
        shipment_id: ShipmentId,
        to: ShipmentStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        carrier: Option<Carrier>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tracking_number: Option<TrackingNumber>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
        /// What is in it, on `released` and `shipped`, with the channel's ids. Not repeated on a release where the
        /// same commit plans the shipment; nor is its location.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<ShipmentLine>,
        /// Where it leaves from, on `released`, `shipped`, `rejected` and `cancelled`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location_id: Option<LocationId>,
    },
    /// The carrier has it on the van.
    OutForDelivery { shipment_id: ShipmentId },
    /// The location is asked to stop.
    ShipmentCancelRequested { shipment_id: ShipmentId, location_id: LocationId },
    /// The location will not stop.
    ShipmentCancelRefused { shipment_id: ShipmentId },
    /// Nothing was heard of a shipment for too long.
    ShipmentOverdue { shipment_id: ShipmentId },
    /// A person has dealt with a shipment's trouble (overdue, exception, lost, returned).
    ShipmentTroubleClosed { shipment_id: ShipmentId, reason: String },
    /// What needs no shipping was handed over.
    DigitalDelivered,
    /// At least one shipment is with a location.
    FulfilmentStarted,
    /// The order is to be undone.
    CancellationRequested { reason: String },
    /// Units are no longer wanted, and the rest of the order goes on. `given_back` are those that were set aside and in no
    /// shipment; shipments that held some are withdrawn by events of their own.
    LinesCancelled {
        reason: String,
        lines: Vec<CancelledLine>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        given_back: Vec<Allotment>,
    },
    /// Not paid in time.
    Expired,
    /// The rest did not come by its day: so much of what was paid as a deposit is kept.
    DepositKept { payment_id: PaymentId, amount: Money },
    /// What was still promised at locations is given back.
    StockReleased { allotments: Vec<Allotment> },
    /// A location has shipped after all: the order goes on.
    CancellationRefused,
    /// Undone, everything compensated.
    Cancelled,
    /// Delivered, nothing open.
    Completed,
    /// The time for ordinary claims has passed.
    Closed,
    /// Something happened to a capture.
    Capture(CaptureEvent),
    /// A person asked for money to go back: it waits for a second person.
    RefundRequested {
        refund_id: RefundId,
        payment_id: PaymentId,
        amount: Money,
        cause: RefundCause,
        reason: String,
        lines: Vec<RefundLine>,
        /// The points that those units carry.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        points_back: Vec<Spent>,
        key: Option<EventKey>,
        by: Option<String>,
    },
    /// The second person says no: it does not go back.
    RefundDeclined { refund_id: RefundId, reason: String },
    /// Money is to go back, also after it has waited.
    RefundApproved {
        refund_id: RefundId,
        payment_id: PaymentId,
        amount: Money,
        cause: RefundCause,
        reason: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<RefundLine>,
        /// The points that those units carry: they go back once the money has.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        points_back: Vec<Spent>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<EventKey>,
        /// Who asked for it; of one that has waited, the second person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// The call is about to go out.
    RefundSubmitted { refund_id: RefundId },
    /// The provider confirms it.
    RefundSucceeded { refund_id: RefundId, provider_reference: Option<String> },
    /// The provider has it and says nothing final: ask from `retry_at` on.
    RefundPending { refund_id: RefundId, provider_reference: String, retry_at: Timestamp },
    /// The provider refuses it; tried again from `retry_at` on, with the same key.
    RefundFailed { refund_id: RefundId, reason: String, retry_at: Timestamp },
    /// The answer was lost: ask from `retry_at` on.
    RefundUnknown { refund_id: RefundId, retry_at: Timestamp },
    /// A person has to do it.
    RefundManual {
        refund_id: RefundId,
        reason: String,
        /// Whether it was a person's from the beginning: cash is paid back by nobody else.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_hand: bool,
    },
    /// An external event that moves nothing: late, of lower rank, or for information.
    Noted {
        what: String,
        detail: String,
        /// The promise that it lets go, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        released: Option<Released>,
    },
    /// Something that the tables do not know: people must look.
    AnomalyRaised { anomaly_id: String, what: String, detail: String },
    /// A person has looked.
    AnomalyClosed { anomaly_id: String, reason: String },
    /// The buyer is to be told.
    CustomerNotified { template: Template, locale: String },
}
