//! `GET /v1/shipments`: what a location has to do, with all that it needs for that.

use std::collections::BTreeMap;

use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::id::{Carrier, Channel, ChannelOrderId, LineId, LocationId, OrderId, ShipmentId, Sku, TrackingNumber};
use oms_domain::money::Money;
use oms_domain::order::{Order, Shipment};
use oms_domain::status::{PaymentStatus, ShipmentStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::body_view::{AddressView, DeliveryView, GiftView};
use super::schema;

/// A shipment as its location sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkItem {
    /// Its id.
    #[schema(value_type = String)]
    pub shipment_id: ShipmentId,
    /// The order.
    #[schema(value_type = schema::OrderId)]
    pub order_id: OrderId,
    /// The order's channel.
    #[schema(value_type = schema::Channel)]
    pub channel: Channel,
    /// The order's number at its channel.
    #[schema(value_type = String)]
    pub channel_order_id: ChannelOrderId,
    /// Whose work it is.
    #[schema(value_type = schema::LocationId)]
    pub location_id: LocationId,
    /// Where it stands.
    #[schema(value_type = schema::ShipmentStatus)]
    pub status: ShipmentStatus,
    /// When it last moved.
    pub since: Timestamp,
    /// When the channel wants it shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_by: Option<Timestamp>,
    /// Whether to stop: answer with `cancelled` or `cancel_refused`.
    pub cancel_requested: bool,
    /// Who gets it.
    pub recipient: Recipient,
    /// Where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressView>,
    /// How it is handed over.
    pub delivery: DeliveryView,
    /// `standard`, `express`, ….
    pub shipping_method: String,
    /// What to pack.
    pub lines: Vec<WorkLine>,
    /// What the buyer pays at the door, for the whole order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Money>)]
    pub collect_on_delivery: Option<Money>,
    /// Gift wishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<GiftView>,
    /// The buyer's note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_note: Option<String>,
    /// Who carries it, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Carrier>)]
    pub carrier: Option<Carrier>,
    /// What the carrier calls it, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::TrackingNumber>)]
    pub tracking_number: Option<TrackingNumber>,
}

/// Who gets a parcel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Recipient {
    /// Name.
    pub name: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
}

/// What to pack.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkLine {
    /// The line.
    #[schema(value_type = schema::LineId)]
    pub line_id: LineId,
    /// The channel's id of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_line_id: Option<String>,
    /// Its stock keeping unit.
    #[schema(value_type = schema::Sku)]
    pub sku: Sku,
    /// What, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Colour, size, ….
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// How many of it.
    pub quantity: u32,
}

impl WorkItem {
    /// The view of one of the order's shipments.
    #[must_use]
    pub fn new(order: &Order, shipment: &Shipment) -> Self {
        let body = &order.body;
        let address = body.shipping_address.as_ref();
        let lines = shipment.lines.iter().map(|part| {
            let line = body.line(&part.line_id);
            WorkLine {
                line_id: part.line_id.clone(),
                channel_line_id: part.channel_line_id.clone(),
                sku: part.sku.clone(),
                title: line.and_then(|l| l.title.clone()),
                attributes: line.map(|l| l.attributes.clone()).unwrap_or_default(),
                quantity: part.quantity,
            }
        });
        // Someone who collects the goods has no address; then it is the customer.
        let recipient = Recipient {
            name: address.map_or_else(|| body.customer.name.clone(), |a| a.name.clone()),
            phone: address.map_or_else(|| body.customer.phone.clone(), |a| a.phone.clone()),
        };
        Self {
            shipment_id: shipment.id.clone(),
            order_id: order.id.clone(),
            channel: body.channel.clone(),
            channel_order_id: body.channel_order_id.clone(),
            location_id: shipment.location_id.clone(),
            status: shipment.status,
            since: shipment.moved_at,
            ship_by: body.ship_by,
            cancel_requested: shipment.cancel_requested_at.is_some() && shipment.status.is_open_at_location(),
            recipient,
            address: address.map(Into::into),
            delivery: (&body.delivery).into(),
            shipping_method: body.shipping.method.clone(),
            lines: lines.collect(),
            collect_on_delivery: due_at_the_door(order),
            gift: body.gift.as_ref().map(Into::into),
            buyer_note: body.buyer_note.clone(),
            carrier: shipment.carrier.clone(),
            tracking_number: shipment.tracking_number.clone(),
        }
    }
}

/// What the buyer still pays in cash.
fn due_at_the_door(order: &Order) -> Option<Money> {
    let cash = order.payments.iter().filter(|p| p.provider == Provider::Cod && p.status == PaymentStatus::Created);
    let due = cash.map(|p| order.due(p)).collect::<Result<Vec<_>, _>>().ok()?;
    let sum = Money::sum(order.body.currency, due).ok()?;
    Some(sum).filter(|sum| sum.is_positive())
}
