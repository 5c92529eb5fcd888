//! What can be asked of an order, or told to it.

use jiff::Timestamp;

use crate::benefit::BenefitWork;
use crate::body::Provider;
use crate::event::RefundLine;
use crate::id::{CaptureId, Carrier, EventKey, HoldId, PaymentId, RefundId, ShipmentId, TrackingNumber};
use crate::location::{Location, Product};
use crate::money::Money;
use crate::payment::PaymentFact;
use crate::payment_start::PayerClient;
use crate::stock::StockLevel;

/// A command, or a fact from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Check what was ordered against the catalogue and set all of it aside, or reject.
    Validate {
        /// The registered products among its SKUs.
        products: Vec<Product>,
        /// Stock of its SKUs.
        levels: Vec<StockLevel>,
        /// All locations.
        locations: Vec<Location>,
    },
    /// The service that keeps count of coupons and points has answered the reservation.
    ReserveBenefits {
        /// What.
        answer: BenefitAnswered,
    },
    /// The same service has answered what it was told.
    TellBenefits {
        /// What it was told.
        work: BenefitWork,
        /// What it answered.
        answer: BenefitAnswered,
    },
    /// Take note of what a provider says.
    RecordPayment(PaymentFact),
    /// Learn the provider's own id of the current attempt.
    IdentifyPayment {
        /// Whose id.
        provider: Provider,
        /// What it is to bring.
        amount: Money,
        /// The id.
        provider_payment_id: String,
    },
    /// Open a further attempt to pay, with a reference of its own.
    OpenPayment {
        /// Through whom.
        provider: Provider,
        /// What it is to bring.
        amount: Money,
        /// The request's key, if it has one.
        key: Option<EventKey>,
    },
    /// A provider was asked to begin an attempt, and has answered.
    StartPayment {
        /// Which attempt.
        payment_id: PaymentId,
        /// For which kind of client.
        client: PayerClient,
        /// The provider's own id of the payment, where it has one by now.
        provider_payment_id: Option<String>,
        /// The provider's own id of what was begun, where that is another.
        object: Option<String>,
        /// Until when it may be paid as the provider was told, where it is told.
        expires_at: Timestamp,
    },
    /// Find places for what is set aside nowhere, and hand all planned shipments to their locations.
    Plan {
        /// Stock of its SKUs.
        levels: Vec<StockLevel>,
        /// All locations.
        locations: Vec<Location>,
    },
    /// A location reports.
    Report {
        /// On which shipment.
        shipment_id: ShipmentId,
        /// What.
        report: Report,
    },
    /// A carrier reports.
    Scan {
        /// On which shipment.
        shipment_id: ShipmentId,
        /// What.
        scan: Scan,
    },
    /// Undo the order.
    Cancel {
        /// Why.
        reason: String,
    },
    /// Undo a part of the order.
    CancelLines {
        /// Which units.
        lines: Vec<RefundLine>,
        /// Why.
        reason: String,
    },
    /// Lift a hold.
    ReleaseHold {
        /// Which.
        hold_id: HoldId,
        /// Why.
        reason: String,
    },
    /// Confirm a hold: undo the order.
    RejectHold {
        /// Which.
        hold_id: HoldId,
        /// Why.
        reason: String,
    },
    /// Send money back.
    RequestRefund {
        /// The request's key.
        key: EventKey,
        /// How much.
        ask: RefundAsk,
        /// Why.
        reason: String,
        /// Who asks: the credential's name.
        by: String,
    },
    /// Agree to a refund that waits for a second person.
    ApproveRefund {
        /// Which.
        refund_id: RefundId,
        /// Who agrees: the credential's name.
        by: String,
    },
    /// Turn down a refund that waits for a second person.
    DeclineRefund {
        /// Which.
        refund_id: RefundId,
        /// Why.
        reason: String,
    },
    /// Whatever time alone decides, and whatever is owed to the buyer.
    Compensate,
    /// A capture's call is about to go out.
    SubmitCapture {
        /// Which.
        capture_id: CaptureId,
    },
    /// A provider has answered about a capture.
    AnswerCapture {
        /// Which.
        capture_id: CaptureId,
        /// What.
        answer: CaptureAnswered,
    },
    /// A person wants a capture sent again.
    RetryCapture {
        /// Which.
        capture_id: CaptureId,
    },
    /// A person gives a capture up.
    WithdrawCapture {
        /// Which.
        capture_id: CaptureId,
        /// Why.
        reason: String,
    },
    /// A refund's call is about to go out.
    SubmitRefund {
        /// Which.
        refund_id: RefundId,
    },
    /// A provider has answered about a refund.
    AnswerRefund {
        /// Which.
        refund_id: RefundId,
        /// What.
        answer: RefundAnswered,
    },
    /// A person wants a refund sent again.
    RetryRefund {
        /// Which.
        refund_id: RefundId,
    },
    /// A person has sent the money by another way.
    SettleRefund {
        /// Which.
        refund_id: RefundId,
        /// How.
        reason: String,
    },
    /// A provider has answered about calling a payment off.
    AnswerCallOff {
        /// Which attempt.
        payment_id: PaymentId,
        /// What.
        answer: CallOffAnswered,
    },
    /// Give back what is still promised to an order that is undone.
    ReleaseStock,
    /// A person wants open quantity planned again now.
    RetryPlan,
    /// A person has dealt with a shipment's trouble.
    CloseTrouble {
        /// Which shipment.
        shipment_id: ShipmentId,
        /// How.
        reason: String,
    },
    /// A person has looked at an anomaly.
    CloseAnomaly {
        /// Which.
        anomaly_id: String,
        /// What came of it.
        reason: String,
    },
}

/// What the service that keeps count of coupons and points says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BenefitAnswered {
    /// It is so, now or from an earlier time.
    Done,
    /// No, and nothing was changed.
    Refused {
        /// Why, safe to show.
        reason: String,
    },
}

/// What a location reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// It will ship.
    Accepted,
    /// It cannot ship.
    Rejected {
        /// Why.
        reason: Option<String>,
    },
    /// It is packed.
    Packed,
    /// It is with the carrier.
    Shipped {
        /// Who carries it.
        carrier: Carrier,
        /// What the carrier calls it.
        tracking_number: TrackingNumber,
    },
    /// The buyer has it.
    Delivered,
    /// Cash was taken at the door.
    Collected {
        /// How much.
        amount: Money,
    },
    /// It will not ship (asked to stop, or by itself).
    Cancelled,
    /// It cannot stop any more.
    CancelRefused,
}

/// What a carrier reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// On its way.
    InTransit,
    /// On the van.
    OutForDelivery,
    /// The buyer has it.
    Delivered,
    /// Something is wrong.
    Exception,
    /// Gone.
    Lost,
    /// On its way back.
    ReturnedToSender,
}

impl Scan {
    /// The scan with the contract's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "in_transit" => Some(Self::InTransit),
            "out_for_delivery" => Some(Self::OutForDelivery),
            "delivered" => Some(Self::Delivered),
            "exception" => Some(Self::Exception),
            "lost" => Some(Self::Lost),
            "returned_to_sender" => Some(Self::ReturnedToSender),
            _ => None,
        }
    }
}

/// How much is to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundAsk {
    /// An amount.
    Amount(Money),
    /// Units of lines, each with its share of discounts, tax and shipping.
    Lines(Vec<RefundLine>),
}

/// What a provider says about a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureAnswered {
    /// The money is taken.
    Captured {
        /// All that was taken of the payment.
        amount: Money,
        /// The provider's own id of the capture, where there is one.
        reference: Option<String>,
        /// The payment's id at the provider from now on, where it changes.
        payment: Option<String>,
    },
    /// Accepted, not final.
    Pending {
        /// The provider's own id.
        reference: String,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: String,
    },
    /// The answer was lost.
    Unknown,
    /// There is nobody to send it to.
    NoGateway {
        /// Why.
        reason: String,
    },
}

/// What a provider says about a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundAnswered {
    /// Done.
    Succeeded {
        /// The provider's own id, where there is one.
        reference: Option<String>,
    },
    /// Accepted, not final.
    Pending {
        /// The provider's own id.
        reference: String,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: String,
    },
    /// The answer was lost.
    Unknown,
    /// There is nobody to send it to: a person has to do it.
    NoGateway {
        /// Why.
        reason: String,
    },
}

/// What a provider says about calling a payment off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOffAnswered {
    /// Called off.
    Done,
    /// Too late: so much was captured.
    Captured(Money),
    /// The same of a payment whose id at the provider was not known before.
    Found {
        /// The provider's own id of it.
        provider_payment_id: String,
        /// So much was captured.
        amount: Money,
    },
    /// It cannot be called off.
    Refused {
        /// Why.
        reason: String,
    },
    /// The answer was lost.
    Unknown,
}
