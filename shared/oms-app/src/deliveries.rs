//! Telling a location's own system about its shipments: the one place where the recipient leaves with an event,
//! signed, to an address that the manager configured.

use std::sync::Arc;

use futures::future;
use oms_domain::id::{LocationId, OrderId, ShipmentId};
use oms_domain::location::Location;
use oms_domain::order::Order;
use serde::{Deserialize, Serialize};

use crate::error::{AppError, PortError};
use crate::ports::{Clock, OrderStore, StockStore, WebhookSender};

/// The events that a location hears of, by their names in an entry. The bus's rule lets only entries through that hold
/// one of them.
pub const TOLD: &[&str] = &["shipment_released", "shipment_cancel_requested", "shipment_withdrawn"];

/// The part of an entry on the bus that deliveries need.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct News {
    /// What happened.
    pub data: NewsData,
}

/// See [`News`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewsData {
    /// The order.
    pub order_id: OrderId,
    /// What happened to it, other events among those that locations hear of.
    pub events: Vec<NewsEvent>,
}

/// See [`News`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewsEvent {
    /// What happened.
    pub name: String,
    /// Its number in its order.
    pub number: u64,
    /// To which shipment, if to one.
    #[serde(default)]
    pub shipment: Option<NewsShipment>,
}

/// See [`News`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewsShipment {
    /// The shipment.
    pub shipment_id: ShipmentId,
}

impl NewsEvent {
    /// The shipment that a location hears of, if it does.
    fn told(&self) -> Option<&ShipmentId> {
        let shipment = self.shipment.as_ref().filter(|_| TOLD.contains(&self.name.as_str()))?;
        Some(&shipment.shipment_id)
    }

    /// The webhook's id, by which the receiver knows a second copy: the order and the event's number.
    fn id(&self, order_id: &OrderId) -> String {
        format!("{order_id}-{}", self.number)
    }

    /// The webhook's type: `shipment_released` → `waybill.shipment.released.v1`.
    fn kind(&self) -> String {
        format!("waybill.{}.v1", self.name.replacen('_', ".", 1))
    }
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
    /// Tells every location of its shipments in an entry, and how many were told: one without an address has the entry
    /// on the bus only. One that does not answer holds up no other.
    ///
    /// # Errors
    /// [`AppError`] when one was not told: all are told again, under the same ids, then the message ends in the
    /// dead-letter queue.
    pub async fn deliver(&self, news: &News) -> Result<usize, AppError> {
        let order_id = &news.data.order_id;
        let loaded = self.orders.load(order_id).await?.ok_or(AppError::NotFound("order"))?;
        let locations = self.stock.locations().await?;
        let told = news.data.events.iter().filter_map(|event| Some((event, event.told()?)));
        let posts = told.map(|(event, shipment_id)| self.tell(&loaded.order, event, shipment_id, &locations));
        let answers = future::join_all(posts).await.into_iter().collect::<Result<Vec<bool>, AppError>>()?;
        Ok(answers.into_iter().filter(|told| *told).count())
    }

    /// Tells one location. False when it has no address.
    async fn tell(
        &self,
        order: &Order,
        event: &NewsEvent,
        shipment_id: &ShipmentId,
        locations: &[Location],
    ) -> Result<bool, AppError> {
        let shipment = order.shipment(shipment_id).ok_or(AppError::NotFound("shipment"))?;
        let location = locations.iter().find(|l| l.location_id == shipment.location_id);
        let Some(url) = location.and_then(|l| l.webhook_url.as_deref()) else { return Ok(false) };
        let sender = self.sender.as_ref().ok_or_else(|| PortError {
            port: "webhook",
            detail: format!("{} has an address, and no signing secret is configured", shipment.location_id),
        })?;
        let (id, kind) = (event.id(&order.id), event.kind());
        let body = Body {
            id: &id,
            kind: &kind,
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
        sender.post(url, &id, self.clock.now(), &bytes).await?;
        Ok(true)
    }
}
