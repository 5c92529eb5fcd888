//! Cancelling a part of an order: units that no location has accepted yet. Their stock goes back, their worth comes off
//! what the order costs, and what was paid beyond the rest goes back with the same decision.

use std::collections::BTreeMap;

use crate::body::Line;
use crate::decide::compensate::{cancel as cancel_order, excess_refunds};
use crate::decide::shipment::withdrawn;
use crate::decide::{goods_wait, second_person};
use crate::event::{Allotment, CancelledLine, OrderEvent, RefundLine};
use crate::id::LineId;
use crate::machine::Machine;
use crate::order::{Order, Reservation, Shipment};
use crate::points_back::Left;
use crate::policy::Context;
use crate::refund_share;
use crate::refusal::Refusal;
use crate::status::{OrderStatus, ReservationStatus, ShipmentStatus};

pub(super) fn cancel(
    order: &Order,
    lines: &[RefundLine],
    reason: &str,
    ctx: &Context<'_>,
) -> Result<Vec<OrderEvent>, Refusal> {
    match order.status {
        OrderStatus::Cancelling | OrderStatus::Cancelled => return Ok(Vec::new()),
        OrderStatus::Rejected | OrderStatus::Expired => {
            return Err(Refusal::WrongState { status: order.status.name() });
        }
        OrderStatus::Completed | OrderStatus::Closed => return Err(Refusal::AlreadyShipped),
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment => {}
    }
    let asked = asked(order, lines)?;
    for (line, quantity) in &asked {
        refuse_what_has_gone(order, line, *quantity)?;
    }
    if leaves_nothing(order, &asked) {
        return cancel_order(order, reason, ctx);
    }
    let mut cut = Cut::default();
    for (line, quantity) in &asked {
        cut.take(order, line, *quantity);
    }
    // What is asked back for these very units gives way: they come off for all that they are worth.
    let mut events = second_person::overtaken_units(order, &asked, reason, ctx)?;
    let gives_way = !events.is_empty();
    let free = super::after(order, &events, ctx.now);
    events.extend(cut.withdrawals(order));
    events.push(OrderEvent::LinesCancelled {
        reason: reason.into(),
        lines: priced(&free, &asked)?,
        given_back: cut.given_back,
    });
    if !cut.kept.is_empty() {
        events.push(OrderEvent::StockReserved { allotments: cut.kept });
    }
    let state = super::after(order, &events, ctx.now);
    events.extend(excess_refunds(&state, reason, ctx)?);
    if gives_way {
        events.extend(goods_wait::stays(order, &events, ctx)?);
    }
    Ok(events)
}

/// The lines that are meant, each once.
fn asked<'a>(order: &'a Order, lines: &[RefundLine]) -> Result<Vec<(&'a Line, u32)>, Refusal> {
    let field = |reason: &str| Refusal::Field { field: "lines".into(), reason: reason.into() };
    let mut asked: Vec<(&Line, u32)> = Vec::with_capacity(lines.len());
    for RefundLine { line_id, quantity } in lines {
        let unknown = || Refusal::Unknown { kind: "line", id: line_id.to_string() };
        let line = order.body.line(line_id).ok_or_else(unknown)?;
        if *quantity == 0 {
            return Err(field("quantities must be at least 1"));
        }
        if asked.iter().any(|(known, _)| known.line_id == *line_id) {
            return Err(field("a line stands there twice"));
        }
        asked.push((line, *quantity));
    }
    if asked.is_empty() { Err(field("must have at least one line")) } else { Ok(asked) }
}

/// Units can be cancelled until a location has accepted them: until then nobody has promised to ship them.
fn refuse_what_has_gone(order: &Order, line: &Line, quantity: u32) -> Result<(), Refusal> {
    let wanted = order.wanted(line);
    if quantity > wanted {
        return Err(Refusal::ExceedsRemaining {
            what: format!("{quantity} units of line {}", line.line_id),
            remaining: format!("{wanted} units"),
        });
    }
    let leaves_a_shelf = line.is_stocked() && order.needs_stock();
    if !leaves_a_shelf {
        return if order.has_shipped() { Err(Refusal::AlreadyShipped) } else { Ok(()) };
    }
    let free = order.unplanned(line).saturating_add(order.units(&line.line_id, is_withdrawable));
    if quantity <= free {
        return Ok(());
    }
    let accepted = |s: &Shipment| s.status.is_open_at_location() && !is_withdrawable(s);
    let carries = |s: &&Shipment| s.lines.iter().any(|l| l.line_id == line.line_id);
    let at_work = order.shipments.iter().filter(|s| accepted(s)).find(carries);
    match at_work {
        Some(s) if quantity <= free.saturating_add(order.units(&line.line_id, accepted)) => {
            Err(Refusal::ThingState { kind: "shipment", id: s.id.to_string(), status: s.status.name() })
        }
        Some(_) | None => Err(Refusal::AlreadyShipped),
    }
}

/// Whether a shipment can be withdrawn without asking its location (ADR 6).
fn is_withdrawable(shipment: &Shipment) -> bool {
    match shipment.status {
        ShipmentStatus::Backordered
        | ShipmentStatus::Scheduled
        | ShipmentStatus::Planned
        | ShipmentStatus::Released => true,
        ShipmentStatus::Accepted
        | ShipmentStatus::Packed
        | ShipmentStatus::Shipped
        | ShipmentStatus::InTransit
        | ShipmentStatus::Delivered
        | ShipmentStatus::Rejected
        | ShipmentStatus::Cancelled
        | ShipmentStatus::Exception
        | ShipmentStatus::Lost
        | ShipmentStatus::ReturnedToSender => false,
    }
}

/// Whether nothing would be left that the buyer still gets: then the whole order is undone. Services and sets go with the
/// goods.
fn leaves_nothing(order: &Order, asked: &[(&Line, u32)]) -> bool {
    let counts = |line: &&Line| line.is_stocked() || !order.needs_stock();
    order.body.lines.iter().filter(counts).all(|line| {
        let gone = asked.iter().find(|(a, _)| a.line_id == line.line_id).map_or(0, |(_, quantity)| *quantity);
        order.wanted(line) <= gone
    })
}

/// What the units are worth that were not paid back before; of those that were, nothing goes back again.
fn priced(order: &Order, asked: &[(&Line, u32)]) -> Result<Vec<CancelledLine>, Refusal> {
    let (shares, mut left) = (refund_share::shares(order)?, Left::of(order)?);
    let mut lines = Vec::with_capacity(asked.len());
    for (line, quantity) in asked {
        lines.push(refund_share::cancelled(order, &shares, &mut left, line, *quantity)?);
    }
    Ok(lines)
}

/// Where the units are taken from: first those that are set aside nowhere, then those that are in no shipment, then those
/// in shipments, the latest first.
#[derive(Default)]
struct Cut {
    /// Units that are set aside and go back.
    given_back: Vec<Allotment>,
    /// Shipments that are withdrawn, by their place in the order, and how much of each line goes out of them.
    out_of: BTreeMap<usize, Vec<(LineId, u32)>>,
    /// What of withdrawn shipments stays set aside.
    kept: Vec<Allotment>,
}

impl Cut {
    fn take(&mut self, order: &Order, line: &Line, quantity: u32) {
        let held = |r: &&Reservation| r.status == ReservationStatus::Held && r.allotment.line_id == line.line_id;
        let set_aside = order.reservations.iter().filter(held).fold(0_u32, |sum, r| sum + r.allotment.quantity);
        let mut open = quantity.saturating_sub(order.unplanned(line).saturating_sub(set_aside));
        for reservation in order.reservations.iter().filter(held).rev() {
            let part = open.min(reservation.allotment.quantity);
            if part > 0 {
                open -= part;
                self.given_back.push(Allotment { quantity: part, ..reservation.allotment.clone() });
            }
        }
        for (at, shipment) in order.shipments.iter().enumerate().rev().filter(|(_, s)| is_withdrawable(s)) {
            for part in shipment.lines.iter().filter(|l| l.line_id == line.line_id) {
                let out = open.min(part.quantity);
                if out > 0 {
                    open -= out;
                    self.out_of.entry(at).or_default().push((line.line_id.clone(), out));
                }
            }
        }
    }

    /// The shipments are withdrawn whole: what of them is still wanted is planned anew where it lies.
    fn withdrawals(&mut self, order: &Order) -> Vec<OrderEvent> {
        let mut events = Vec::new();
        for (at, shipment) in order.shipments.iter().enumerate() {
            let Some(out) = self.out_of.get(&at) else { continue };
            events.push(withdrawn(shipment));
            for part in &shipment.lines {
                let gone = out.iter().filter(|(id, _)| *id == part.line_id).fold(0_u32, |sum, (_, q)| sum + q);
                let quantity = part.quantity.saturating_sub(gone);
                if quantity > 0 {
                    self.kept.push(Allotment {
                        line_id: part.line_id.clone(),
                        sku: part.sku.clone(),
                        location_id: shipment.location_id.clone(),
                        quantity,
                    });
                }
            }
        }
        events
    }
}
