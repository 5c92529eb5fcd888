//! `GET /v1/orders/{order_id}`: everything that is known of an order.

use jiff::Timestamp;
use oms_domain::body::PriceSource;
use oms_domain::derived::{self, Totals};
use oms_domain::event::CommitRecord;
use oms_domain::id::{Channel, ChannelOrderId, OrderId};
use oms_domain::money::{Currency, Money, MoneyError};
use oms_domain::order::Order;
use oms_domain::status::OrderStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::body_view::{AddressView, ClientView, CustomerView, DeliveryView, DiscountView, ShippingView, Wishes};
use super::order_line_view::LineView;
use super::order_parts::{CaptureView, HoldView, PaymentView, RefundView, RejectionView, ReturnView, ShipmentView};
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
    /// Promises of money that Waybill takes itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub captures: Vec<CaptureView>,
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
    /// What the buyer owes in all, as it was ordered.
    #[schema(value_type = schema::Money)]
    pub total: Money,
    /// What of it was taken off for units that were cancelled while the rest went on.
    #[schema(value_type = schema::Money)]
    pub cancelled: Money,
    /// What is still to be paid, also at the door.
    #[schema(value_type = schema::Money)]
    pub due: Money,
    /// Taken.
    #[schema(value_type = schema::Money)]
    pub captured: Money,
    /// Sent back.
    #[schema(value_type = schema::Money)]
    pub refunded: Money,
    /// Taken back by buyers' banks.
    #[schema(value_type = schema::Money)]
    pub charged_back: Money,
    /// Kept of a deposit, since the rest did not come by its day.
    #[schema(value_type = schema::Money)]
    pub forfeited: Money,
}

impl From<Totals> for TotalsView {
    fn from(totals: Totals) -> Self {
        let Totals {
            items,
            discount,
            shipping,
            tax,
            total,
            cancelled,
            due,
            captured,
            refunded,
            charged_back,
            forfeited,
        } = totals;
        Self { items, discount, shipping, tax, total, cancelled, due, captured, refunded, charged_back, forfeited }
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
            captures: order.captures.iter().map(Into::into).collect(),
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
