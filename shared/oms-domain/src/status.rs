//! The states of every machine, and the one table of legal moves of each.
//! `docs/state-machines.md` is generated from these tables.

mod capture;

use crate::machine::machine;

pub use self::capture::CaptureStatus;

machine! {
    /// The order as a whole.
    OrderStatus ("Order") {
        /// Durable, not looked at yet.
        Received = "received",
        /// Complete, priced and payable; with a hold it waits here, reserved.
        Validated = "validated",
        /// Reserved, waiting for the buyer's money.
        AwaitingPayment = "awaiting_payment",
        /// Covered: paid, collected by the channel, or due on delivery. Left in the same commit, with the release of
        /// what is set aside.
        Confirmed = "confirmed",
        /// At least one shipment is with a warehouse.
        InFulfilment = "in_fulfilment",
        /// Something was delivered and nothing is open.
        Completed = "completed",
        /// The time for ordinary claims has passed.
        Closed = "closed",
        /// Refused at validation, for want of stock, or by a person.
        Rejected = "rejected",
        /// Not paid in time.
        Expired = "expired",
        /// Being undone: not over before every compensation is.
        Cancelling = "cancelling",
        /// Undone, everything compensated.
        Cancelled = "cancelled",
    }
    start { Received }
    moves {
        Received -> Validated: "validated",
        Received -> Rejected: "refused at validation, or no stock",
        Received -> Cancelling: "cancellation",
        Validated -> AwaitingPayment: "payment requested",
        Validated -> Confirmed: "nothing to wait for",
        Validated -> Rejected: "hold rejected, or no stock",
        Validated -> Cancelling: "cancellation",
        AwaitingPayment -> Confirmed: "covered",
        AwaitingPayment -> Expired: "payment window over",
        AwaitingPayment -> Cancelling: "cancellation, or hold rejected",
        Confirmed -> InFulfilment: "shipment released",
        Confirmed -> Cancelling: "cancellation, or hold rejected",
        InFulfilment -> Completed: "delivered, nothing open",
        InFulfilment -> Cancelling: "cancellation before shipping, hold rejected, or nothing arrived",
        Cancelling -> Cancelled: "everything compensated",
        Cancelling -> InFulfilment: "warehouse has already shipped",
        Completed -> Closed: "claim time over",
    }
}

machine! {
    /// A reason to keep goods where they are until somebody has looked.
    HoldStatus ("Hold") {
        /// In force.
        Active = "active",
        /// Lifted by a person.
        Released = "released",
        /// Confirmed by a person: the order is undone.
        Rejected = "rejected",
        /// Nobody answered in time: the order is undone.
        Expired = "expired",
    }
    start { Active }
    moves {
        Active -> Released: "released",
        Active -> Rejected: "rejected",
        Active -> Expired: "deadline passed",
    }
}

machine! {
    /// One attempt to pay. A capture is a fact: it is recorded from every state.
    PaymentStatus ("Payment attempt") {
        /// The storefront has the reference; nothing is known from the provider.
        Created = "created",
        /// The provider waits for the buyer.
        RequiresAction = "requires_action",
        /// Promised, not taken.
        Authorized = "authorized",
        /// A part was taken.
        PartiallyCaptured = "partially_captured",
        /// Taken.
        Captured = "captured",
        /// The provider says that it failed; it may still succeed later.
        Failed = "failed",
        /// Called off before the buyer paid; a payment may still arrive.
        Expired = "expired",
        /// The promise is being given back.
        Voiding = "voiding",
        /// The promise was given back.
        Voided = "voided",
        /// A call's answer was lost; the provider is asked.
        Unknown = "unknown",
        /// The buyer's bank wants it back.
        Disputed = "disputed",
        /// The buyer's bank has it back: the dispute was lost.
        ChargedBack = "charged_back",
    }
    start { Created, Authorized, Captured }
    moves {
        Created -> RequiresAction: "provider waits for the buyer",
        Created -> Authorized: "authorized",
        Created -> PartiallyCaptured: "captured in part",
        Created -> Captured: "captured",
        Created -> Failed: "failed",
        Created -> Expired: "called off",
        RequiresAction -> Authorized: "authorized",
        RequiresAction -> PartiallyCaptured: "captured in part",
        RequiresAction -> Captured: "captured",
        RequiresAction -> Failed: "failed",
        RequiresAction -> Expired: "called off",
        Authorized -> PartiallyCaptured: "captured in part",
        Authorized -> Captured: "captured",
        Authorized -> Failed: "failed",
        Authorized -> Expired: "authorization over",
        Authorized -> Voiding: "void sent",
        PartiallyCaptured -> Captured: "captured",
        PartiallyCaptured -> Disputed: "disputed",
        Failed -> Authorized: "authorized after all",
        Failed -> PartiallyCaptured: "captured in part after all",
        Failed -> Captured: "captured after all",
        Failed -> Expired: "called off",
        Expired -> PartiallyCaptured: "captured in part after all",
        Expired -> Captured: "captured after all",
        Voiding -> Voided: "voided",
        Voiding -> Expired: "void refused, lapses by itself",
        Voiding -> Unknown: "answer lost",
        Voiding -> PartiallyCaptured: "captured in part after all",
        Voiding -> Captured: "captured after all",
        Voided -> PartiallyCaptured: "captured in part after all",
        Voided -> Captured: "captured after all",
        Unknown -> Authorized: "asked: authorized",
        Unknown -> PartiallyCaptured: "asked: captured in part",
        Unknown -> Captured: "asked: captured",
        Unknown -> Voided: "asked: voided",
        Unknown -> Expired: "asked: lapses by itself",
        Unknown -> Failed: "asked: failed",
        Captured -> Disputed: "disputed",
        Disputed -> PartiallyCaptured: "dispute over a part won",
        Disputed -> Captured: "dispute won",
        Disputed -> ChargedBack: "dispute lost",
        ChargedBack -> PartiallyCaptured: "a part given back after all",
        ChargedBack -> Captured: "given back after all",
    }
}

machine! {
    /// Units of one line at one location that are promised to the order.
    ReservationStatus ("Reservation") {
        /// Set aside until the order is covered.
        Held = "held",
        /// Part of a planned shipment.
        Committed = "committed",
        /// Left the building.
        Consumed = "consumed",
        /// Given back.
        Released = "released",
        /// Given back because the order was not paid in time.
        Expired = "expired",
    }
    start { Held, Committed }
    moves {
        Held -> Committed: "shipment planned",
        Held -> Released: "released",
        Held -> Expired: "payment window over",
        Committed -> Consumed: "shipped",
        Committed -> Released: "released",
    }
}

machine! {
    /// The part of an order that one location ships.
    ShipmentStatus ("Fulfilment") {
        /// Waits for stock.
        Backordered = "backordered",
        /// Waits for its day (presale).
        Scheduled = "scheduled",
        /// Decided, the location does not know yet.
        Planned = "planned",
        /// Handed to the location.
        Released = "released",
        /// The location will do it.
        Accepted = "accepted",
        /// Packed.
        Packed = "packed",
        /// Handed to the carrier.
        Shipped = "shipped",
        /// Scanned on its way.
        InTransit = "in_transit",
        /// With the buyer.
        Delivered = "delivered",
        /// The location refuses; planned again elsewhere.
        Rejected = "rejected",
        /// Withdrawn before shipping.
        Cancelled = "cancelled",
        /// Something is wrong on the way.
        Exception = "exception",
        /// The carrier gave it up.
        Lost = "lost",
        /// On its way back, or back.
        ReturnedToSender = "returned_to_sender",
    }
    start { Planned, Backordered, Scheduled }
    moves {
        Backordered -> Planned: "stock found",
        Backordered -> Cancelled: "cancelled",
        Scheduled -> Planned: "day has come",
        Scheduled -> Cancelled: "cancelled",
        Planned -> Released: "released",
        Planned -> Accepted: "accepted",
        Planned -> Packed: "packed",
        Planned -> Shipped: "shipped",
        Planned -> InTransit: "scanned",
        Planned -> Delivered: "delivered",
        Planned -> Rejected: "rejected by the location",
        Planned -> Cancelled: "cancelled",
        Released -> Accepted: "accepted",
        Released -> Packed: "packed",
        Released -> Shipped: "shipped",
        Released -> InTransit: "scanned",
        Released -> Delivered: "delivered",
        Released -> Rejected: "rejected by the location",
        Released -> Cancelled: "cancelled",
        Accepted -> Packed: "packed",
        Accepted -> Shipped: "shipped",
        Accepted -> InTransit: "scanned",
        Accepted -> Delivered: "delivered",
        Accepted -> Rejected: "rejected by the location",
        Accepted -> Cancelled: "cancelled",
        Packed -> Shipped: "shipped",
        Packed -> InTransit: "scanned",
        Packed -> Delivered: "delivered",
        Packed -> Cancelled: "cancelled",
        Shipped -> InTransit: "scanned",
        Shipped -> Delivered: "delivered",
        Shipped -> Exception: "exception",
        Shipped -> Lost: "lost",
        Shipped -> ReturnedToSender: "returned to sender",
        InTransit -> Delivered: "delivered",
        InTransit -> Exception: "exception",
        InTransit -> Lost: "lost",
        InTransit -> ReturnedToSender: "returned to sender",
        Exception -> InTransit: "scanned",
        Exception -> Delivered: "delivered",
        Exception -> Lost: "lost",
        Exception -> ReturnedToSender: "returned to sender",
        Lost -> Delivered: "found and delivered",
    }
}

machine! {
    /// Money on its way back.
    RefundStatus ("Refund") {
        /// Asked for.
        Requested = "requested",
        /// To be sent.
        Approved = "approved",
        /// Turned down.
        Declined = "declined",
        /// The call is out, or is about to be.
        Submitted = "submitted",
        /// The provider confirms it.
        Succeeded = "succeeded",
        /// The provider refuses it.
        Failed = "failed",
        /// The answer was lost; the provider is asked.
        Unknown = "unknown",
        /// A person has to do it.
        Manual = "manual",
    }
    start { Requested, Approved }
    moves {
        Requested -> Approved: "approved",
        Requested -> Declined: "declined",
        Approved -> Submitted: "sent",
        Approved -> Manual: "no way to send it",
        Approved -> Declined: "charged back",
        Submitted -> Succeeded: "confirmed",
        Submitted -> Failed: "refused",
        Submitted -> Unknown: "answer lost",
        Unknown -> Succeeded: "asked: confirmed",
        Unknown -> Failed: "asked: refused",
        Unknown -> Submitted: "asked: never arrived; same key",
        Unknown -> Manual: "asked too often",
        Failed -> Submitted: "sent again, same key",
        Failed -> Manual: "given to a person",
        Failed -> Declined: "charged back",
        Manual -> Submitted: "sent again, same key",
        Manual -> Succeeded: "done by a person",
        Manual -> Declined: "charged back",
        Succeeded -> Failed: "bounced",
    }
}

machine! {
    /// Coupons, points and gift cards of an order, where a service keeps count of them.
    BenefitStatus ("Coupons, points and gift cards") {
        /// Set aside for the order.
        Reserved = "reserved",
        /// Spent.
        Committed = "committed",
        /// The buyer's again.
        Released = "released",
    }
    start { Reserved, Released }
    moves {
        Reserved -> Committed: "order confirmed",
        Reserved -> Released: "order undone",
        Committed -> Released: "order undone",
    }
}

impl ShipmentStatus {
    /// How far the goods have come: events apply by rank, so a late one never takes a shipment back.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Backordered | Self::Scheduled => 0,
            Self::Planned => 1,
            Self::Released => 2,
            Self::Accepted => 3,
            Self::Packed => 4,
            Self::Shipped => 5,
            Self::InTransit => 6,
            Self::Exception => 7,
            Self::Rejected | Self::Cancelled | Self::Lost | Self::ReturnedToSender | Self::Delivered => 9,
        }
    }

    /// Whether the goods have left the location.
    #[must_use]
    pub fn has_shipped(self) -> bool {
        match self {
            Self::Shipped
            | Self::InTransit
            | Self::Delivered
            | Self::Exception
            | Self::Lost
            | Self::ReturnedToSender => true,
            Self::Backordered
            | Self::Scheduled
            | Self::Planned
            | Self::Released
            | Self::Accepted
            | Self::Packed
            | Self::Rejected
            | Self::Cancelled => false,
        }
    }

    /// Whether the location still has to do something.
    #[must_use]
    pub fn is_open_at_location(self) -> bool {
        match self {
            Self::Backordered | Self::Scheduled | Self::Planned | Self::Released | Self::Accepted | Self::Packed => {
                true
            }
            Self::Shipped
            | Self::InTransit
            | Self::Delivered
            | Self::Exception
            | Self::Lost
            | Self::ReturnedToSender
            | Self::Rejected
            | Self::Cancelled => false,
        }
    }
}

impl RefundStatus {
    /// Whether the refund counts against what may still be refunded.
    #[must_use]
    pub fn claims_money(self) -> bool {
        match self {
            Self::Declined => false,
            Self::Requested
            | Self::Approved
            | Self::Submitted
            | Self::Succeeded
            | Self::Failed
            | Self::Unknown
            | Self::Manual => true,
        }
    }
}

impl ReservationStatus {
    /// Whether units are still promised at the location.
    #[must_use]
    pub fn is_active(self) -> bool {
        match self {
            Self::Held | Self::Committed => true,
            Self::Consumed | Self::Released | Self::Expired => false,
        }
    }
}

/// Why an order is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// A person looks at the order: its amount, address, category or the customer's credit.
    ManualReview,
    /// Signs of fraud, a dispute among them.
    Fraud,
    /// Likely to come back; customer service confirms with the buyer.
    HighReturnRisk,
    /// The address needs a person.
    Address,
    /// What was paid is not what was asked.
    PaymentMismatch,
}

impl HoldKind {
    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ManualReview => "manual_review",
            Self::Fraud => "fraud",
            Self::HighReturnRisk => "high_return_risk",
            Self::Address => "address",
            Self::PaymentMismatch => "payment_mismatch",
        }
    }
}
