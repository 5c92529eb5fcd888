//! Telling a location's own system about its shipments: the one place where the recipient leaves with an event,
//! signed, to an address that the manager configured.

use std::sync::Arc;

use oms_domain::id::{LocationId, OrderId, ShipmentId};
use oms_domain::order::Shipment;
use serde::{Deserialize, Serialize};

use crate::error::{AppError, PortError};
use crate::ports::{Clock, OrderStore, StockStore, WebhookSender};

/// The part of an outgoing event that a delivery needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShipmentNews {
    /// The event's id: the receiver knows a second copy by it.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// To which shipment.
    pub data: NewsData,
}

/// See [`ShipmentNews`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewsData {
    /// The order.
    pub order_id: OrderId,
    /// The shipment.
    pub shipment: NewsShipment,
}

/// See [`ShipmentNews`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewsShipment {
    /// The shipment.
    pub shipment_id: ShipmentId,
    /// Whose it is.
    pub location_id: LocationId,
}

/// What a location's system receives.
#[derive(Debug, Serialize)]
struct Body<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    order_id: &'a OrderId,
    channel: &'a str,
    channel_order_id: &'a str,
    shipment_id: &'a ShipmentId,
    location_id: &'a LocationId,
    shipping_method: &'a str,
    recipient: Option<&'a oms_domain::body::Address>,
    buyer_note: Option<&'a str>,
    gift: Option<&'a oms_domain::body::Gift>,
    lines: &'a [oms_domain::event::ShipmentLine],
}

/// The deliveries.
#[derive(Clone)]
pub struct Deliveries {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Locations.
    pub stock: Arc<dyn StockStore>,
    /// The way out; none when no signing secret is configured.
    pub sender: Option<Arc<dyn WebhookSender>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Deliveries {
    /// Delivers one piece of news. False when the location has no address: the event on the bus is then all there is.
    ///
    /// # Errors
    /// [`AppError`] when it was not delivered: the message is tried again, then ends in the dead-letter queue.
    pub async fn deliver(&self, news: &ShipmentNews) -> Result<bool, AppError> {
        let locations = self.stock.locations().await?;
        let location = locations.iter().find(|l| l.location_id == news.data.shipment.location_id);
        let Some(url) = location.and_then(|l| l.webhook_url.as_deref()) else { return Ok(false) };
        let sender = self.sender.as_ref().ok_or_else(|| PortError {
            port: "webhook",
            detail: format!("{} has an address, and no signing secret is configured", news.data.shipment.location_id),
        })?;
        let loaded = self.orders.load(&news.data.order_id).await?.ok_or(AppError::NotFound("order"))?;
        let order = &loaded.order;
        let shipment: &Shipment =
            order.shipment(&news.data.shipment.shipment_id).ok_or(AppError::NotFound("shipment"))?;
        let body = Body {
            id: &news.id,
            kind: &news.kind,
            order_id: &order.id,
            channel: order.body.channel.as_str(),
            channel_order_id: order.body.channel_order_id.as_str(),
            shipment_id: &shipment.id,
            location_id: &shipment.location_id,
            shipping_method: &order.body.shipping.method,
            recipient: order.body.shipping_address.as_ref(),
            buyer_note: order.body.buyer_note.as_deref(),
            gift: order.body.gift.as_ref(),
            lines: &shipment.lines,
        };
        let bytes = serde_json::to_vec(&body).map_err(|e| PortError { port: "webhook", detail: e.to_string() })?;
        sender.post(url, &news.id, self.clock.now(), &bytes).await?;
        Ok(true)
    }
}
