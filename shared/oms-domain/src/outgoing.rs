//! Which commits leave, and what they say: one CloudEvents 1.0 entry for each, numbered per order, free of personal
//! data. Source: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>, and its `sequence` extension.

use crate::event::{CaptureEvent, CommitRecord, OrderEvent, RefundLine, ShipmentLine};
use crate::id::{Carrier, LocationId, OrderId, ShipmentId, TrackingNumber};
use crate::machine::Machine;
use crate::money::Money;
use crate::status::{OrderStatus, ShipmentStatus};
use serde::Serialize;

/// The type of every entry. What happened is in `data.names`, a flat list that a rule of the bus can filter by.
pub const KIND: &str = "waybill.order.changed.v1";

/// Which commits leave. Those that stay are in the order's timeline all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Publish {
    /// Those with news for other systems.
    #[default]
    Milestones,
    /// Every one.
    All,
}

impl Publish {
    /// The setting with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "milestones" => Some(Self::Milestones),
            "all" => Some(Self::All),
            _ => None,
        }
    }

    /// Whether a commit leaves.
    #[must_use]
    pub fn takes(self, record: &CommitRecord) -> bool {
        match self {
            Self::Milestones => !record.events.iter().all(is_quiet),
            Self::All => true,
        }
    }
}

/// Whether an event alone is no news for other systems: a step on the way to one that is. New events are news.
fn is_quiet(event: &OrderEvent) -> bool {
    if let OrderEvent::ShipmentMoved { to, tracking_number: None, .. } = event {
        match to {
            ShipmentStatus::Accepted | ShipmentStatus::Packed | ShipmentStatus::InTransit => true,
            ShipmentStatus::Backordered
            | ShipmentStatus::Scheduled
            | ShipmentStatus::Planned
            | ShipmentStatus::Released
            | ShipmentStatus::Shipped
            | ShipmentStatus::Delivered
            | ShipmentStatus::Rejected
            | ShipmentStatus::Cancelled
            | ShipmentStatus::Exception
            | ShipmentStatus::Lost
            | ShipmentStatus::ReturnedToSender => false,
        }
    } else {
        matches!(
            event,
            OrderEvent::Received { .. }
                | OrderEvent::PaymentStarted { .. }
                | OrderEvent::PaymentIdentified { .. }
                | OrderEvent::PaymentPending { .. }
                | OrderEvent::OutForDelivery { .. }
                | OrderEvent::Capture(CaptureEvent::Submitted { .. })
                | OrderEvent::Noted { .. }
                | OrderEvent::Closed
        )
    }
}

/// A commit as it leaves: the envelope of CloudEvents in JSON, with our `sequence` per order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutgoingEvent {
    /// Always `1.0`.
    pub specversion: &'static str,
    /// Unique: the order and the commit's number. A second copy has the same id.
    pub id: String,
    /// Whose events.
    pub source: &'static str,
    /// Always [`KIND`].
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The order.
    pub subject: String,
    /// When.
    pub time: String,
    /// Always `application/json`.
    pub datacontenttype: &'static str,
    /// The commit's number in its order: rising, with gaps where a commit did not leave.
    pub sequence: String,
    /// Whether a location's own system is to hear of it: an extension of ours, by which a rule of the bus finds deliveries. The domain
    /// does not know addresses; whoever publishes fills it in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub webhook: bool,
    /// What happened.
    pub data: Data,
}

/// What an entry says beside its envelope.
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
    /// Where the commit left the order, if it moved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// The names of its events, in order.
    pub names: Vec<&'static str>,
    /// Its events, in order.
    pub events: Vec<EventData>,
}

/// One of a commit's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventData {
    /// What happened, as the timeline names it.
    pub name: &'static str,
    /// The event's number in its order: 1, 2, 3, … without gaps over all commits.
    pub number: u64,
    /// The timeline's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The shipment, for a shipment's event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment: Option<ShipmentData>,
    /// The units, for `lines_cancelled`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<RefundLine>,
    /// An amount, for money's events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The message to the buyer, for `customer_notified`.
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

/// A commit as it leaves; none when it stays.
#[must_use]
pub fn outgoing(record: &CommitRecord, publish: Publish) -> Option<OutgoingEvent> {
    publish.takes(record).then(|| OutgoingEvent {
        specversion: "1.0",
        id: format!("{}-{}", record.order_id, record.seq),
        source: "waybill/orders",
        kind: KIND,
        subject: record.order_id.to_string(),
        time: record.at.to_string(),
        datacontenttype: "application/json",
        sequence: record.seq.to_string(),
        webhook: false,
        data: data(record),
    })
}

fn data(record: &CommitRecord) -> Data {
    Data {
        order_id: record.order_id.clone(),
        channel: record.channel.to_string(),
        channel_order_id: record.channel_order_id.to_string(),
        actor: record.actor.0.clone(),
        status: record.events.iter().rev().find_map(status).map(Machine::name),
        names: record.events.iter().map(OrderEvent::name).collect(),
        events: record
            .events
            .iter()
            .zip(record.first_event..)
            .map(|(event, number)| EventData {
                name: event.name(),
                number,
                detail: event.detail(),
                shipment: shipment(record, event),
                lines: lines(event),
                amount: amount(event),
                notification: notification(record, event),
            })
            .collect(),
    }
}

/// Where an event leaves the order, if it moves it.
fn status(event: &OrderEvent) -> Option<OrderStatus> {
    if let OrderEvent::Received { .. } = event {
        Some(OrderStatus::Received)
    } else if let OrderEvent::Validated = event {
        Some(OrderStatus::Validated)
    } else if let OrderEvent::PaymentRequested { .. } = event {
        Some(OrderStatus::AwaitingPayment)
    } else if let OrderEvent::Confirmed = event {
        Some(OrderStatus::Confirmed)
    } else if let OrderEvent::FulfilmentStarted | OrderEvent::CancellationRefused = event {
        Some(OrderStatus::InFulfilment)
    } else if let OrderEvent::Completed = event {
        Some(OrderStatus::Completed)
    } else if let OrderEvent::Closed = event {
        Some(OrderStatus::Closed)
    } else if let OrderEvent::Rejected { .. } = event {
        Some(OrderStatus::Rejected)
    } else if let OrderEvent::Expired = event {
        Some(OrderStatus::Expired)
    } else if let OrderEvent::CancellationRequested { .. } = event {
        Some(OrderStatus::Cancelling)
    } else if let OrderEvent::Cancelled = event {
        Some(OrderStatus::Cancelled)
    } else {
        None
    }
}

fn shipment(record: &CommitRecord, event: &OrderEvent) -> Option<ShipmentData> {
    let bare = |id: &ShipmentId, location: Option<&LocationId>| ShipmentData {
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
        // A shipment that the same commit has planned is described there.
        let planned = planned(record, shipment_id).filter(|_| location_id.is_none());
        let (location_id, lines) = planned.unwrap_or((location_id.as_ref(), lines.as_slice()));
        Some(ShipmentData {
            status: Some(to.name()),
            carrier: carrier.clone(),
            tracking_number: tracking_number.clone(),
            lines: lines.to_vec(),
            ..bare(shipment_id, location_id)
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

fn planned<'a>(record: &'a CommitRecord, id: &ShipmentId) -> Option<(Option<&'a LocationId>, &'a [ShipmentLine])> {
    record.events.iter().find_map(|event| {
        let OrderEvent::ShipmentPlanned { shipment_id, location_id, lines } = event else { return None };
        (shipment_id == id).then_some((Some(location_id), lines.as_slice()))
    })
}

fn amount(event: &OrderEvent) -> Option<Money> {
    if let OrderEvent::PaymentAuthorized { amount, .. }
    | OrderEvent::PaymentCaptured { captured: amount, .. }
    | OrderEvent::PaymentDisputed { amount, .. }
    | OrderEvent::DisputeLost { amount, .. }
    | OrderEvent::FeeCharged { amount, .. }
    | OrderEvent::FeeReturned { amount, .. }
    | OrderEvent::DepositKept { amount, .. }
    | OrderEvent::Capture(CaptureEvent::Requested { amount, .. })
    | OrderEvent::RefundRequested { amount, .. }
    | OrderEvent::RefundApproved { amount, .. } = event
    {
        Some(*amount)
    } else if let OrderEvent::LinesCancelled { lines, .. } = event {
        let first = lines.first()?;
        Money::sum(first.amount.currency(), lines.iter().map(|l| l.amount)).ok()
    } else {
        None
    }
}

/// The units that are no longer wanted.
fn lines(event: &OrderEvent) -> Vec<RefundLine> {
    let OrderEvent::LinesCancelled { lines, .. } = event else { return Vec::new() };
    lines.iter().map(|l| RefundLine { line_id: l.line_id.clone(), quantity: l.quantity }).collect()
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
