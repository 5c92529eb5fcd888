//! Which events leave, and what they say: CloudEvents 1.0, numbered per order, free of personal data.
//! Source: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>, and its `sequence` extension.

use crate::event::{CommitRecord, OrderEvent, ShipmentLine};
use crate::id::{Carrier, LocationId, OrderId, TrackingNumber};
use crate::machine::Machine;
use crate::money::Money;
use serde::Serialize;

/// An event as it leaves: the envelope of CloudEvents in JSON, with our `sequence` per order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outgoing {
    /// Always `1.0`.
    pub specversion: &'static str,
    /// Unique: the order and the event's number. A second copy has the same id.
    pub id: String,
    /// Whose events.
    pub source: String,
    /// `waybill.` + the subject and what happened to it + `.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The order.
    pub subject: String,
    /// When.
    pub time: String,
    /// Always `application/json`.
    pub datacontenttype: &'static str,
    /// The event's number in its order: 1, 2, 3, … without gaps.
    pub sequence: String,
    /// What happened.
    pub data: Data,
}

/// What an event says beside its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Data {
    /// The order.
    pub order_id: OrderId,
    /// Its channel.
    pub channel: String,
    /// Its number at its channel.
    pub channel_order_id: String,
    /// Who caused it.
    pub actor: String,
    /// The timeline's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The shipment, for a shipment's event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment: Option<ShipmentData>,
    /// An amount, for money's events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The message to the buyer, for `customer.notified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<NotificationData>,
}

/// A shipment's part of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShipmentData {
    /// Its id.
    pub shipment_id: String,
    /// Where it stands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// Where it leaves from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// Who carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Carrier>,
    /// What the carrier calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<TrackingNumber>,
    /// What is in it, with the channel's ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<ShipmentLine>,
}

/// A message to the buyer; the sender looks the address up by the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotificationData {
    /// The occasion.
    pub template: &'static str,
    /// The buyer's language.
    pub locale: String,
    /// Subject line in that language.
    pub subject: String,
    /// Body in that language.
    pub body: String,
}

/// The events of one commit as they leave, in order.
#[must_use]
pub fn outgoing(record: &CommitRecord) -> Vec<Outgoing> {
    record
        .events
        .iter()
        .zip(record.first_event..)
        .map(|(event, number)| Outgoing {
            specversion: "1.0",
            id: format!("{}-{number}", record.order_id),
            source: "waybill/orders".into(),
            kind: kind(event),
            subject: record.order_id.to_string(),
            time: record.at.to_string(),
            datacontenttype: "application/json",
            sequence: number.to_string(),
            data: data(record, event),
        })
        .collect()
}

/// The outgoing type: the event's name with its first word as the subject, `shipment_released` → `waybill.shipment.released.v1`.
#[must_use]
pub fn kind(event: &OrderEvent) -> String {
    let name = event.name();
    match name.split_once('_') {
        Some((subject, what)) => format!("waybill.{subject}.{what}.v1"),
        None => format!("waybill.order.{name}.v1"),
    }
}

fn data(record: &CommitRecord, event: &OrderEvent) -> Data {
    Data {
        order_id: record.order_id.clone(),
        channel: record.channel.to_string(),
        channel_order_id: record.channel_order_id.to_string(),
        actor: record.actor.0.clone(),
        detail: event.detail(),
        shipment: shipment(event),
        amount: amount(event),
        notification: notification(record, event),
    }
}

fn shipment(event: &OrderEvent) -> Option<ShipmentData> {
    let bare = |id: &crate::id::ShipmentId, location: Option<&LocationId>| ShipmentData {
        shipment_id: id.to_string(),
        status: None,
        location_id: location.cloned(),
        carrier: None,
        tracking_number: None,
        lines: Vec::new(),
    };
    if let OrderEvent::ShipmentPlanned { shipment_id, location_id, lines } = event {
        Some(ShipmentData { lines: lines.clone(), ..bare(shipment_id, Some(location_id)) })
    } else if let OrderEvent::ShipmentMoved { shipment_id, to, carrier, tracking_number, lines, location_id, .. } =
        event
    {
        Some(ShipmentData {
            status: Some(to.name()),
            carrier: carrier.clone(),
            tracking_number: tracking_number.clone(),
            lines: lines.clone(),
            ..bare(shipment_id, location_id.as_ref())
        })
    } else if let OrderEvent::ShipmentCancelRequested { shipment_id, location_id } = event {
        Some(bare(shipment_id, Some(location_id)))
    } else if let OrderEvent::OutForDelivery { shipment_id }
    | OrderEvent::ShipmentCancelRefused { shipment_id }
    | OrderEvent::ShipmentOverdue { shipment_id }
    | OrderEvent::ShipmentTroubleClosed { shipment_id, .. } = event
    {
        Some(bare(shipment_id, None))
    } else {
        None
    }
}

fn amount(event: &OrderEvent) -> Option<Money> {
    if let OrderEvent::PaymentAuthorized { amount, .. }
    | OrderEvent::PaymentCaptured { captured: amount, .. }
    | OrderEvent::PaymentDisputed { amount, .. }
    | OrderEvent::RefundApproved { amount, .. } = event
    {
        Some(*amount)
    } else {
        None
    }
}

fn notification(record: &CommitRecord, event: &OrderEvent) -> Option<NotificationData> {
    let OrderEvent::CustomerNotified { template, locale } = event else { return None };
    let text = template.text(locale);
    let fill = |text: &str| text.replace("{order}", record.channel_order_id.as_str());
    Some(NotificationData {
        template: template.name(),
        locale: locale.clone(),
        subject: fill(text.subject),
        body: fill(text.body),
    })
}
