//! `GET /v1/orders/{order_id}`: everything that is known of an order.

use jiff::Timestamp;
use oms_domain::body::{DeclaredPayment, PriceSource, Provider};
use oms_domain::derived::{self, Totals};
use oms_domain::event::{CommitRecord, Rejection};
use oms_domain::id::{
    Carrier, Channel, ChannelOrderId, HoldId, LineId, LocationId, OrderId, PaymentId, PaymentReference, RefundId,
    ShipmentId, Sku, TrackingNumber,
};
use oms_domain::money::{Currency, Money, MoneyError};
use oms_domain::order::{Hold, Order, Payment, Refund, Shipment};
use oms_domain::status::{HoldKind, HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ShipmentStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::body_view::{AddressView, ClientView, CustomerView, DeliveryView, DiscountView, ShippingView, Wishes};
use super::order_line_view::LineView;
use super::schema;

/// An order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderView {
    /// Its id.
    #[schema(value_type = schema::OrderId)]
    pub order_id: OrderId,
    /// Raised by every change; the `ETag` in quotes.
    pub version: u64,
    /// Where it was placed.
    #[schema(value_type = schema::Channel)]
    pub channel: Channel,
    /// Its number there.
    #[schema(value_type = String)]
    pub channel_order_id: ChannelOrderId,
    /// When it was taken.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When the buyer placed it, if the channel said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// When the channel wants it shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_by: Option<Timestamp>,
    /// Where it stands.
    #[schema(value_type = schema::OrderStatus)]
    pub status: OrderStatus,
    /// What the buyer is shown.
    #[schema(value_type = schema::CustomerStatus)]
    pub customer_status: &'static str,
    /// Where its money stands.
    #[schema(value_type = schema::OrderPaymentStatus)]
    pub payment_status: &'static str,
    /// Where its goods stand.
    #[schema(value_type = schema::FulfilmentStatus)]
    pub fulfilment_status: &'static str,
    /// The one currency of all its amounts.
    #[schema(value_type = schema::Currency)]
    pub currency: Currency,
    /// The buyer's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Whether unit prices contain the tax.
    pub prices_include_tax: bool,
    /// Whose prices count: `catalogue` or `channel`.
    #[schema(value_type = String)]
    pub price_source: PriceSource,
    /// Who ordered.
    pub customer: CustomerView,
    /// Where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<AddressView>,
    /// Where the invoice goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<AddressView>,
    /// What was ordered, and how far it has come.
    pub lines: Vec<LineView>,
    /// Discounts on the whole order.
    pub discounts: Vec<DiscountView>,
    /// How it is shipped.
    pub shipping: ShippingView,
    /// How it is handed over.
    pub delivery: DeliveryView,
    /// Its sums.
    pub totals: TotalsView,
    /// Its payment attempts.
    pub payments: Vec<PaymentView>,
    /// Until when it may be paid, while it waits for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_deadline: Option<Timestamp>,
    /// Its refunds.
    pub refunds: Vec<RefundView>,
    /// Its holds.
    pub holds: Vec<HoldView>,
    /// Its shipments.
    pub shipments: Vec<ShipmentView>,
    /// Its returns.
    pub returns: Vec<ReturnView>,
    /// Why it was rejected, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejections: Vec<RejectionView>,
    /// Why it is being, or was, cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation_reason: Option<String>,
    /// The buyer's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientView>,
    /// Notes, gift, invoice and metadata, as they were sent.
    #[serde(flatten)]
    pub wishes: Wishes,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
}

/// The order's sums.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TotalsView {
    /// Prices times quantities.
    #[schema(value_type = schema::Money)]
    pub items: Money,
    /// All discounts, of lines and of the order.
    #[schema(value_type = schema::Money)]
    pub discount: Money,
    /// Shipping.
    #[schema(value_type = schema::Money)]
    pub shipping: Money,
    /// Tax.
    #[schema(value_type = schema::Money)]
    pub tax: Money,
    /// What the buyer owes in all.
    #[schema(value_type = schema::Money)]
    pub total: Money,
    /// Taken.
    #[schema(value_type = schema::Money)]
    pub captured: Money,
    /// Sent back.
    #[schema(value_type = schema::Money)]
    pub refunded: Money,
}

impl From<Totals> for TotalsView {
    fn from(totals: Totals) -> Self {
        let Totals { items, discount, shipping, tax, total, captured, refunded } = totals;
        Self { items, discount, shipping, tax, total, captured, refunded }
    }
}

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
    /// `merchant` or `channel`.
    pub collected_by: &'static str,
    /// When it was paid, if the channel said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
}

impl PaymentView {
    fn of(payment: &Payment, declared: Option<&DeclaredPayment>) -> Self {
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
            collected_by: if by_channel { "channel" } else { "merchant" },
            paid_at: declared.and_then(|d| d.paid_at),
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
    pub code: oms_domain::event::RejectionCode,
    /// In words.
    pub detail: String,
}

impl From<&Rejection> for RejectionView {
    fn from(rejection: &Rejection) -> Self {
        let Rejection { line_id, code, detail } = rejection.clone();
        Self { line_id, code, detail }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// What: a stable name.
    pub event: String,
    /// Who caused it: a provider, a credential's name, or `system`.
    pub actor: String,
    /// More, in words.
    pub detail: String,
}

/// The stored commits as a timeline.
#[must_use]
pub fn timeline(records: &[CommitRecord]) -> Vec<TimelineEntry> {
    let entries = |record: &CommitRecord| {
        let (at, actor) = (record.at, record.actor.0.clone());
        let entry = |event: &oms_domain::event::OrderEvent| TimelineEntry {
            at,
            event: event.name().to_owned(),
            actor: actor.clone(),
            detail: event.detail(),
        };
        record.events.iter().map(entry).collect::<Vec<_>>()
    };
    records.iter().flat_map(entries).collect()
}

impl OrderView {
    /// The whole view of an order and its stored commits.
    ///
    /// # Errors
    /// [`MoneyError`], never for an order that was accepted.
    pub fn new(order: &Order, records: &[CommitRecord]) -> Result<Self, MoneyError> {
        let body = &order.body;
        let declared = |i: usize| body.payments.get(i);
        Ok(Self {
            order_id: order.id.clone(),
            version: order.version,
            channel: body.channel.clone(),
            channel_order_id: body.channel_order_id.clone(),
            created_at: order.created_at,
            updated_at: order.updated_at,
            placed_at: body.placed_at,
            ship_by: body.ship_by,
            status: order.status,
            customer_status: derived::customer_status(order),
            payment_status: derived::payment_status(order),
            fulfilment_status: derived::fulfilment_status(order),
            currency: body.currency,
            locale: body.locale.clone(),
            prices_include_tax: body.prices_include_tax,
            price_source: body.price_source,
            customer: (&body.customer).into(),
            shipping_address: body.shipping_address.as_ref().map(Into::into),
            billing_address: body.billing_address.as_ref().map(Into::into),
            lines: body.lines.iter().map(|line| LineView::of(order, line)).collect::<Result<_, _>>()?,
            discounts: body.discounts.iter().map(Into::into).collect(),
            shipping: (&body.shipping).into(),
            delivery: (&body.delivery).into(),
            totals: derived::totals(order)?.into(),
            payments: order.payments.iter().enumerate().map(|(i, p)| PaymentView::of(p, declared(i))).collect(),
            payment_deadline: order.payment_deadline.filter(|_| order.status == OrderStatus::AwaitingPayment),
            refunds: order.refunds.iter().map(Into::into).collect(),
            holds: order.holds.iter().map(Into::into).collect(),
            shipments: order.shipments.iter().map(Into::into).collect(),
            returns: Vec::new(),
            rejections: order.rejections.iter().map(Into::into).collect(),
            cancellation_reason: order.cancellation_reason.clone(),
            client: body.client.as_ref().map(Into::into),
            wishes: (&**body).into(),
            timeline: timeline(records),
        })
    }
}
