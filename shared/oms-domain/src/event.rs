//! What happened to an order: the only thing that is ever stored of it. Its state is the fold of its events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::body::{PlacedOrder, Provider};
use crate::id::{
    Carrier, Channel, ChannelOrderId, EventKey, HoldId, LineId, LocationId, OrderId, PaymentId, RefundId, ShipmentId,
    Sku, TrackingNumber,
};
use crate::ledger::Posting;
use crate::money::Money;
use crate::notification::Template;
pub use crate::rejection::{Rejection, RejectionCode};
use crate::status::{HoldKind, ShipmentStatus};

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

/// A line's part in a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The line.
    pub line_id: LineId,
    /// How many of it.
    pub quantity: u32,
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

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields carry the ids and amounts that their names say")]
pub enum OrderEvent {
    /// It was accepted; 202 was or will be answered.
    Received { body: Box<PlacedOrder> },
    /// It is complete, priced and payable.
    Validated,
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
    PaymentRequested { deadline: Timestamp },
    /// A payment attempt that the order did not declare came to light (a second payment).
    PaymentAdded { payment_id: PaymentId, provider: Provider, amount: Money },
    /// The provider's own id of the attempt became known.
    PaymentIdentified { payment_id: PaymentId, provider_payment_id: String },
    /// The provider waits for the buyer.
    PaymentPending { payment_id: PaymentId },
    /// Promised by the buyer's bank.
    PaymentAuthorized { payment_id: PaymentId, amount: Money },
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
    /// Not paid in time.
    Expired,
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
    /// A person asked for money to go back: it waits for a second person.
    RefundRequested {
        refund_id: RefundId,
        payment_id: PaymentId,
        amount: Money,
        cause: RefundCause,
        reason: String,
        lines: Vec<RefundLine>,
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
    RefundManual { refund_id: RefundId, reason: String },
    /// An external event that changes nothing: late, of lower rank, or for information.
    Noted { what: String, detail: String },
    /// Something that the tables do not know: people must look.
    AnomalyRaised { anomaly_id: String, what: String, detail: String },
    /// A person has looked.
    AnomalyClosed { anomaly_id: String, reason: String },
    /// The buyer is to be told.
    CustomerNotified { template: Template, locale: String },
}

impl OrderEvent {
    /// The stable name: in the timeline, and in what leaves on the bus.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received { .. } => "order_received",
            Self::Validated => "order_validated",
            Self::Rejected { .. } => "order_rejected",
            Self::HoldPlaced { .. } => "hold_placed",
            Self::HoldReleased { .. } => "hold_released",
            Self::HoldRejected { .. } => "hold_rejected",
            Self::HoldExpired { .. } => "hold_expired",
            Self::StockReserved { .. } => "stock_reserved",
            Self::PaymentRequested { .. } => "payment_requested",
            Self::PaymentAdded { .. } => "payment_added",
            Self::PaymentIdentified { .. } => "payment_identified",
            Self::PaymentPending { .. } => "payment_pending",
            Self::PaymentAuthorized { .. } => "payment_authorized",
            Self::PaymentCaptured { .. } => "payment_captured",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::PaymentExpired { .. } => "payment_expired",
            Self::PaymentVoiding { .. } => "payment_voiding",
            Self::PaymentVoided { .. } => "payment_voided",
            Self::PaymentUnknown { .. } => "payment_unknown",
            Self::PaymentDisputed { .. } => "payment_disputed",
            Self::DisputeWon { .. } => "dispute_won",
            Self::DisputeLost { .. } => "dispute_lost",
            Self::PaymentAccepted => "payment_accepted",
            Self::Confirmed => "order_confirmed",
            Self::ShipmentPlanned { .. } => "shipment_planned",
            Self::PlanFailed { .. } => "plan_failed",
            Self::PlanRetried => "plan_retried",
            Self::ShipmentMoved { to, .. } => match to {
                ShipmentStatus::Backordered => "shipment_backordered",
                ShipmentStatus::Scheduled => "shipment_scheduled",
                ShipmentStatus::Planned => "shipment_replanned",
                ShipmentStatus::Released => "shipment_released",
                ShipmentStatus::Accepted => "shipment_accepted",
                ShipmentStatus::Packed => "shipment_packed",
                ShipmentStatus::Shipped => "shipment_shipped",
                ShipmentStatus::InTransit => "shipment_in_transit",
                ShipmentStatus::Delivered => "shipment_delivered",
                ShipmentStatus::Rejected => "shipment_rejected",
                ShipmentStatus::Cancelled => "shipment_withdrawn",
                ShipmentStatus::Exception => "shipment_exception",
                ShipmentStatus::Lost => "shipment_lost",
                ShipmentStatus::ReturnedToSender => "shipment_returned_to_sender",
            },
            Self::OutForDelivery { .. } => "shipment_out_for_delivery",
            Self::ShipmentCancelRequested { .. } => "shipment_cancel_requested",
            Self::ShipmentCancelRefused { .. } => "shipment_cancel_refused",
            Self::ShipmentOverdue { .. } => "shipment_overdue",
            Self::ShipmentTroubleClosed { .. } => "shipment_trouble_closed",
            Self::DigitalDelivered => "digital_delivered",
            Self::FulfilmentStarted => "fulfilment_started",
            Self::CancellationRequested { .. } => "cancellation_requested",
            Self::Expired => "order_expired",
            Self::StockReleased { .. } => "stock_released",
            Self::CancellationRefused => "cancellation_refused",
            Self::Cancelled => "order_cancelled",
            Self::Completed => "order_completed",
            Self::Closed => "order_closed",
            Self::RefundRequested { .. } => "refund_requested",
            Self::RefundDeclined { .. } => "refund_declined",
            Self::RefundApproved { .. } => "refund_approved",
            Self::RefundSubmitted { .. } => "refund_submitted",
            Self::RefundSucceeded { .. } => "refund_succeeded",
            Self::RefundPending { .. } => "refund_pending",
            Self::RefundFailed { .. } => "refund_failed",
            Self::RefundUnknown { .. } => "refund_unknown",
            Self::RefundManual { .. } => "refund_manual",
            Self::Noted { .. } => "noted",
            Self::AnomalyRaised { .. } => "anomaly_raised",
            Self::AnomalyClosed { .. } => "anomaly_closed",
            Self::CustomerNotified { .. } => "customer_notified",
        }
    }

    /// What the timeline says beside the name. Free of personal data.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Received { body } => format!("{} {}", body.channel, body.total),
            Self::Rejected { reasons } => reasons.iter().map(|r| r.detail.as_str()).collect::<Vec<_>>().join("; "),
            Self::HoldPlaced { kind, reason, .. } => format!("{}: {reason}", kind.name()),
            Self::HoldReleased { hold_id, reason } | Self::HoldRejected { hold_id, reason } => {
                format!("{hold_id}: {reason}")
            }
            Self::HoldExpired { hold_id } => hold_id.to_string(),
            Self::StockReserved { allotments } | Self::StockReleased { allotments } => allotments
                .iter()
                .map(|a| format!("{} × {} at {}", a.quantity, a.sku, a.location_id))
                .collect::<Vec<_>>()
                .join(", "),
            Self::PaymentRequested { deadline } => format!("until {deadline}"),
            Self::PaymentAdded { payment_id, amount, .. } | Self::PaymentAuthorized { payment_id, amount } => {
                format!("{payment_id}: {amount}")
            }
            Self::PaymentDisputed { payment_id, amount } | Self::DisputeLost { payment_id, amount } => {
                format!("{payment_id}: {amount}")
            }
            Self::PaymentCaptured { payment_id, captured } => format!("{payment_id}: {captured}"),
            Self::PaymentIdentified { payment_id, provider_payment_id } => {
                format!("{payment_id}: {provider_payment_id}")
            }
            Self::PaymentFailed { payment_id, reason } => format!("{payment_id}: {reason}"),
            Self::PaymentPending { payment_id }
            | Self::PaymentExpired { payment_id }
            | Self::PaymentVoiding { payment_id }
            | Self::PaymentVoided { payment_id }
            | Self::PaymentUnknown { payment_id, .. }
            | Self::DisputeWon { payment_id } => payment_id.to_string(),
            Self::ShipmentPlanned { shipment_id, location_id, lines } => {
                let units: u64 = lines.iter().map(|l| u64::from(l.quantity)).sum();
                format!("{shipment_id} from {location_id}, {units} units")
            }
            Self::PlanFailed { detail, .. } => detail.clone(),
            Self::ShipmentMoved { shipment_id, carrier, tracking_number, detail, .. } => {
                let mut text = shipment_id.to_string();
                for part in [
                    carrier.as_ref().map(Carrier::as_str),
                    tracking_number.as_ref().map(TrackingNumber::as_str),
                    detail.as_deref(),
                ]
                .into_iter()
                .flatten()
                {
                    text.push(' ');
                    text.push_str(part);
                }
                text
            }
            Self::OutForDelivery { shipment_id }
            | Self::ShipmentCancelRequested { shipment_id, .. }
            | Self::ShipmentCancelRefused { shipment_id }
            | Self::ShipmentOverdue { shipment_id } => shipment_id.to_string(),
            Self::ShipmentTroubleClosed { shipment_id, reason } => format!("{shipment_id}: {reason}"),
            Self::CancellationRequested { reason } => reason.clone(),
            Self::RefundRequested { refund_id, amount, reason, .. }
            | Self::RefundApproved { refund_id, amount, reason, .. } => format!("{refund_id}: {amount}, {reason}"),
            Self::RefundSubmitted { refund_id }
            | Self::RefundSucceeded { refund_id, .. }
            | Self::RefundPending { refund_id, .. }
            | Self::RefundUnknown { refund_id, .. } => refund_id.to_string(),
            Self::RefundFailed { refund_id, reason, .. }
            | Self::RefundManual { refund_id, reason }
            | Self::RefundDeclined { refund_id, reason } => format!("{refund_id}: {reason}"),
            Self::Noted { what, detail } => format!("{what}: {detail}"),
            Self::AnomalyRaised { anomaly_id, what, detail } => format!("{anomaly_id}: {what}: {detail}"),
            Self::AnomalyClosed { anomaly_id, reason } => format!("{anomaly_id}: {reason}"),
            Self::CustomerNotified { template, .. } => template.name().to_owned(),
            Self::Validated
            | Self::PaymentAccepted
            | Self::Confirmed
            | Self::PlanRetried
            | Self::DigitalDelivered
            | Self::FulfilmentStarted
            | Self::Expired
            | Self::CancellationRefused
            | Self::Cancelled
            | Self::Completed
            | Self::Closed => String::new(),
        }
    }
}
