//! The parts of an order that have a life of their own, as answers show them.

use jiff::Timestamp;
use oms_domain::body::{DeclaredPayment, PaymentPurpose, Provider};
use oms_domain::event::{Rejection, RejectionCode};
use oms_domain::id::{
    CaptureId, Carrier, HoldId, LineId, LocationId, PaymentId, PaymentReference, RefundId, ShipmentId, Sku,
    TrackingNumber,
};
use oms_domain::money::Money;
use oms_domain::order::{Capture, Hold, Payment, Refund, Shipment};
use oms_domain::status::{CaptureStatus, HoldKind, HoldStatus, PaymentStatus, RefundStatus, ShipmentStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

/// A payment attempt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentView {
    /// Its id within the order.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// Through whom.
    #[schema(value_type = String)]
    pub provider: Provider,
    /// Our reference: what the provider calls the merchant's order number.
    #[schema(value_type = schema::PaymentReference)]
    pub payment_reference: PaymentReference,
    /// The provider's own id, or the channel's reference.
    pub provider_reference: Option<String>,
    /// Where it stands.
    #[schema(value_type = schema::PaymentStatus)]
    pub status: PaymentStatus,
    /// What it is meant to bring; for a second payment, what it brought.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// Taken so far.
    #[schema(value_type = schema::Money)]
    pub captured: Money,
    /// Until when it is authorized, as the provider says or as far as is known; none for anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorized_until: Option<Timestamp>,
    /// `merchant` or `channel`.
    pub collected_by: &'static str,
    /// When it was paid, if the channel said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// Until when it is to be paid, if not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// `deposit` or `balance`, if the order said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<&'static str>,
    /// Which gift card, by the end of its code: whoever knows all of it can spend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_ends: Option<String>,
}

/// The last four characters, and never more than half of them.
fn end_of(code: &str) -> String {
    let count = code.chars().count();
    code.chars().skip(count - (count / 2).min(4)).collect()
}

impl PaymentView {
    pub(super) fn of(payment: &Payment, declared: Option<&DeclaredPayment>) -> Self {
        let by_channel = declared.map_or(payment.provider == Provider::Channel, |d| d.collected_by_channel);
        Self {
            payment_id: payment.id.clone(),
            provider: payment.provider,
            payment_reference: payment.reference.clone(),
            provider_reference: payment
                .provider_payment_id
                .clone()
                .or_else(|| declared.and_then(|d| d.channel_reference.clone())),
            status: payment.status,
            amount: payment.amount,
            captured: payment.captured,
            authorized_until: payment.expires_at.filter(|_| payment.status == PaymentStatus::Authorized),
            collected_by: if by_channel { "channel" } else { "merchant" },
            paid_at: declared.and_then(|d| d.paid_at),
            due_at: declared.and_then(|d| d.due_at),
            purpose: declared.and_then(|d| d.purpose).map(PaymentPurpose::name),
            code_ends: declared.and_then(|d| d.code.as_deref()).map(end_of),
        }
    }
}

/// A promise of money that Waybill takes itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaptureView {
    /// Its id.
    #[schema(value_type = String)]
    pub capture_id: CaptureId,
    /// Which payment.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// Where it stands.
    #[schema(value_type = schema::CaptureStatus)]
    pub status: CaptureStatus,
    /// How much of the promise.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// Why it failed, or is wanted no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when it stands there.
    pub since: Timestamp,
}

impl From<&Capture> for CaptureView {
    fn from(capture: &Capture) -> Self {
        Self {
            capture_id: capture.id.clone(),
            payment_id: capture.payment_id.clone(),
            status: capture.status,
            amount: capture.amount,
            reason: capture.reason.clone(),
            since: capture.since,
        }
    }
}

/// A refund.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundView {
    /// Its id.
    #[schema(value_type = String)]
    pub refund_id: RefundId,
    /// From which payment.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// Where it stands.
    #[schema(value_type = schema::RefundStatus)]
    pub status: RefundStatus,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// For which lines, if it was asked for by lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineUnits>,
    /// The provider's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_reference: Option<String>,
    /// Who asked for it, if a person did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// The second person, if there had to be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// Units of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineUnits {
    /// The line.
    #[schema(value_type = schema::LineId)]
    pub line_id: LineId,
    /// How many of it.
    pub quantity: u32,
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        let lines = refund.lines.iter();
        Self {
            refund_id: refund.id.clone(),
            payment_id: refund.payment_id.clone(),
            status: refund.status,
            amount: refund.amount,
            reason: refund.reason.clone(),
            lines: lines.map(|l| LineUnits { line_id: l.line_id.clone(), quantity: l.quantity }).collect(),
            provider_reference: refund.provider_reference.clone(),
            asked_by: refund.asked_by.clone(),
            approved_by: refund.approved_by.clone(),
        }
    }
}

/// A reason for which goods do not move.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HoldView {
    /// Its id within the order.
    #[schema(value_type = String)]
    pub hold_id: HoldId,
    /// Why.
    #[schema(value_type = schema::HoldKind)]
    pub kind: HoldKind,
    /// Where it stands.
    #[schema(value_type = schema::HoldStatus)]
    pub status: HoldStatus,
    /// Why, in words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When it rejects itself.
    pub deadline: Timestamp,
    /// Who answered, and with which reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl From<&Hold> for HoldView {
    fn from(hold: &Hold) -> Self {
        let Hold { id, kind, status, reason, since, deadline, answer } = hold.clone();
        Self { hold_id: id, kind, status, reason, since, deadline, answer }
    }
}

/// The part of the order that one location ships.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShipmentView {
    /// Its id.
    #[schema(value_type = String)]
    pub shipment_id: ShipmentId,
    /// From where.
    #[schema(value_type = schema::LocationId)]
    pub location_id: LocationId,
    /// Where it stands.
    #[schema(value_type = schema::ShipmentStatus)]
    pub status: ShipmentStatus,
    /// Who carries it, once known.
    #[schema(value_type = Option<schema::Carrier>)]
    pub carrier: Option<Carrier>,
    /// What the carrier calls it, once known.
    #[schema(value_type = Option<schema::TrackingNumber>)]
    pub tracking_number: Option<TrackingNumber>,
    /// Whether it is on the van.
    pub out_for_delivery: bool,
    /// Whether the location was asked to stop and has not answered.
    pub cancel_requested: bool,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// What is in it, with the channel's ids.
    pub lines: Vec<ShipmentLineView>,
}

/// A line's part in a shipment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShipmentLineView {
    /// The line.
    #[schema(value_type = schema::LineId)]
    pub line_id: LineId,
    /// The channel's id of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_line_id: Option<String>,
    /// Its stock keeping unit.
    #[schema(value_type = schema::Sku)]
    pub sku: Sku,
    /// How many of it.
    pub quantity: u32,
}

impl From<&Shipment> for ShipmentView {
    fn from(shipment: &Shipment) -> Self {
        let line = |l: &oms_domain::event::ShipmentLine| ShipmentLineView {
            line_id: l.line_id.clone(),
            channel_line_id: l.channel_line_id.clone(),
            sku: l.sku.clone(),
            quantity: l.quantity,
        };
        Self {
            shipment_id: shipment.id.clone(),
            location_id: shipment.location_id.clone(),
            status: shipment.status,
            carrier: shipment.carrier.clone(),
            tracking_number: shipment.tracking_number.clone(),
            out_for_delivery: shipment.out_for_delivery,
            cancel_requested: shipment.cancel_requested_at.is_some(),
            updated_at: shipment.moved_at,
            lines: shipment.lines.iter().map(line).collect(),
        }
    }
}

/// A return. None exist yet: returns are not offered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReturnView {
    /// Its id.
    pub return_id: String,
}

/// Why the order, or one of its lines, was rejected.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RejectionView {
    /// The line, or none for the whole order.
    #[schema(value_type = Option<schema::LineId>)]
    pub line_id: Option<LineId>,
    /// A stable code.
    #[schema(value_type = schema::RejectionCode)]
    pub code: RejectionCode,
    /// In words.
    pub detail: String,
}

impl From<&Rejection> for RejectionView {
    fn from(rejection: &Rejection) -> Self {
        let Rejection { line_id, code, detail } = rejection.clone();
        Self { line_id, code, detail }
    }
}
