//! What the version before this one stored: it checked and reserved in two commits, and planned and released in steps
//! of their own. Orders that it began are carried on.

use oms_domain::command::Command;
use oms_domain::event::{CaptureEvent, OrderEvent};
use oms_domain::status::ShipmentStatus;
use oms_domain::terms::Terms;

use crate::world::World;

/// The part of a decision that the version before would have taken. It took no promises when their moment came; one that
/// ends meanwhile is taken by the version after.
pub fn part(command: &Command, mut events: Vec<OrderEvent>) -> Vec<OrderEvent> {
    let takes = matches!(command, Command::Compensate | Command::SubmitCapture { .. } | Command::AnswerCapture { .. });
    if !takes {
        // What it would have begun is never begun, so nothing is left of it when the order is undone.
        let withdrawn = |e: &OrderEvent| matches!(e, OrderEvent::Capture(CaptureEvent::Withdrawn { .. }));
        events.retain(|e| !matches!(e, OrderEvent::Capture(_)) || withdrawn(e));
    }
    // Nor did it keep under which terms a buyer was asked.
    for event in &mut events {
        if let OrderEvent::PaymentRequested { terms, .. } = event {
            *terms = Terms::default();
        }
    }
    let planned = |e: &OrderEvent| matches!(e, OrderEvent::ShipmentPlanned { .. });
    if matches!(events.first(), Some(OrderEvent::Validated)) {
        let checked = |e: &OrderEvent| matches!(e, OrderEvent::Validated | OrderEvent::HoldPlaced { .. });
        events.retain(checked);
    } else if matches!(command, Command::Plan { .. }) {
        if events.iter().any(planned) {
            not_handed_over(&mut events);
        }
    } else {
        events.retain(|e| !planned(e));
        not_handed_over(&mut events);
    }
    events
}

fn not_handed_over(events: &mut Vec<OrderEvent>) {
    events.retain(|e| !matches!(e, OrderEvent::ShipmentMoved { to: ShipmentStatus::Released, .. }));
    let begun = |e: &OrderEvent| matches!(e, OrderEvent::ShipmentMoved { .. } | OrderEvent::DigitalDelivered);
    if !events.iter().any(begun) {
        events.retain(|e| !matches!(e, OrderEvent::FulfilmentStarted));
    }
}

impl World {
    /// The same shop, run by the version before.
    pub fn older(mut self) -> Self {
        self.older = true;
        self
    }

    /// The same shop after the update.
    pub fn updated(mut self) -> Self {
        self.older = false;
        self
    }
}
