//! Folding events into state. Pure and total: what was stored can always be read again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::body::{DeclaredPayment, DeclaredStatus, PlacedOrder};
use crate::event::{Allotment, CommitRecord, OrderEvent};
use crate::id::{OrderId, PaymentId, PaymentReference, RefundId, ShipmentId};
use crate::money::Money;
use crate::order::{Anomaly, Hold, Order, Payment, PlanFailure, Refund, Reservation, Shipment};
use crate::status::{HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ReservationStatus, ShipmentStatus};

/// Why stored records do not make an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The first record does not begin with `received`.
    #[error("the first record is not an order's beginning")]
    NoBeginning,
    /// A record is missing or stands twice.
    #[error("record {found} follows record {after}")]
    Gap {
        /// The number before.
        after: u64,
        /// The number found.
        found: u64,
    },
}

impl Order {
    /// The fold of an order's records, oldest first.
    ///
    /// # Errors
    /// [`FoldError`] when they are not 1, 2, 3, … of one order.
    pub fn from_records(records: &[CommitRecord]) -> Result<Self, FoldError> {
        let (first, rest) = records.split_first().ok_or(FoldError::NoBeginning)?;
        let mut order = Self::begin(first)?;
        for record in rest {
            order.apply_record(record)?;
        }
        Ok(order)
    }

    /// The order after its first record.
    fn begin(record: &CommitRecord) -> Result<Self, FoldError> {
        let Some(OrderEvent::Received { body }) = record.events.first() else {
            return Err(FoldError::NoBeginning);
        };
        if record.seq != 1 {
            return Err(FoldError::Gap { after: 0, found: record.seq });
        }
        let mut order = Self::received(record.order_id.clone(), body.as_ref().clone(), record.at);
        order.seal(record);
        for event in record.events.iter().skip(1) {
            order.apply(event, record.at);
        }
        Ok(order)
    }

    /// A new order, before its first commit is stored.
    #[must_use]
    pub fn received(id: OrderId, body: PlacedOrder, at: Timestamp) -> Self {
        let payments =
            body.payments.iter().enumerate().map(|(i, declared)| declared_payment(i + 1, declared, &body)).collect();
        Self {
            id,
            version: 0,
            event_count: 0,
            body,
            status: OrderStatus::Received,
            created_at: at,
            updated_at: at,
            holds: Vec::new(),
            payments,
            payment_accepted: false,
            payment_deadline: None,
            reserved: false,
            reservations: Vec::new(),
            shipments: Vec::new(),
            refusing_locations: BTreeSet::new(),
            plan_failure: None,
            digital_delivered: false,
            refunds: Vec::new(),
            rejections: Vec::new(),
            cancellation_reason: None,
            anomalies: Vec::new(),
            completed_at: None,
            applied: BTreeSet::new(),
            refund_keys: BTreeMap::new(),
        }
    }

    /// The order after one more record.
    ///
    /// # Errors
    /// [`FoldError::Gap`] when it is not the next one.
    pub fn apply_record(&mut self, record: &CommitRecord) -> Result<(), FoldError> {
        if record.seq != self.version + 1 {
            return Err(FoldError::Gap { after: self.version, found: record.seq });
        }
        self.seal(record);
        for event in &record.events {
            self.apply(event, record.at);
        }
        Ok(())
    }

    fn seal(&mut self, record: &CommitRecord) {
        self.version = record.seq;
        self.event_count += record.events.len() as u64;
        self.updated_at = record.at;
        if let Some(cause) = &record.cause {
            self.applied.insert(cause.clone());
        }
    }

    /// The order after one event that happened at a time.
    pub fn apply(&mut self, event: &OrderEvent, at: Timestamp) {
        match event {
            OrderEvent::Received { .. } => {}
            OrderEvent::Validated => self.status = OrderStatus::Validated,
            OrderEvent::Rejected { reasons } => {
                self.status = OrderStatus::Rejected;
                self.rejections.clone_from(reasons);
            }
            OrderEvent::HoldPlaced { hold_id, kind, reason, deadline } => self.holds.push(Hold {
                id: hold_id.clone(),
                kind: *kind,
                status: HoldStatus::Active,
                reason: reason.clone(),
                since: at,
                deadline: *deadline,
                answer: None,
            }),
            OrderEvent::HoldReleased { hold_id, reason } => {
                self.answer_hold(hold_id, HoldStatus::Released, Some(reason))
            }
            OrderEvent::HoldRejected { hold_id, reason } => {
                self.answer_hold(hold_id, HoldStatus::Rejected, Some(reason))
            }
            OrderEvent::HoldExpired { hold_id } => self.answer_hold(hold_id, HoldStatus::Expired, None),
            OrderEvent::StockReserved { allotments } => {
                self.reserved = true;
                self.reservations.extend(allotments.iter().map(|a| Reservation {
                    allotment: a.clone(),
                    status: ReservationStatus::Held,
                    shipment_id: None,
                }));
            }
            OrderEvent::PaymentRequested { deadline } => {
                self.status = OrderStatus::AwaitingPayment;
                self.payment_deadline = Some(*deadline);
            }
            OrderEvent::PaymentAdded { .. }
            | OrderEvent::PaymentIdentified { .. }
            | OrderEvent::PaymentPending { .. }
            | OrderEvent::PaymentAuthorized { .. }
            | OrderEvent::PaymentCaptured { .. }
            | OrderEvent::PaymentFailed { .. }
            | OrderEvent::PaymentExpired { .. }
            | OrderEvent::PaymentVoiding { .. }
            | OrderEvent::PaymentVoided { .. }
            | OrderEvent::PaymentUnknown { .. }
            | OrderEvent::PaymentDisputed { .. }
            | OrderEvent::DisputeWon { .. } => self.apply_payment(event),
            OrderEvent::PaymentAccepted => self.payment_accepted = true,
            OrderEvent::Confirmed => self.status = OrderStatus::Confirmed,
            OrderEvent::ShipmentPlanned { .. }
            | OrderEvent::ShipmentMoved { .. }
            | OrderEvent::OutForDelivery { .. }
            | OrderEvent::ShipmentCancelRequested { .. }
            | OrderEvent::ShipmentCancelRefused { .. }
            | OrderEvent::ShipmentOverdue { .. }
            | OrderEvent::ShipmentTroubleClosed { .. } => self.apply_shipment(event, at),
            OrderEvent::PlanFailed { retry_at, detail } => {
                let (since, attempts) = self.plan_failure.as_ref().map_or((at, 0), |f| (f.since, f.attempts));
                self.plan_failure =
                    Some(PlanFailure { since, retry_at: *retry_at, attempts: attempts + 1, detail: detail.clone() });
            }
            OrderEvent::PlanRetried => {
                if let Some(failure) = &mut self.plan_failure {
                    failure.retry_at = at;
                }
                // Asked by a person: a location that refused once may be asked again.
                self.refusing_locations.clear();
            }
            OrderEvent::DigitalDelivered => self.digital_delivered = true,
            OrderEvent::FulfilmentStarted | OrderEvent::CancellationRefused => self.status = OrderStatus::InFulfilment,
            OrderEvent::CancellationRequested { reason } => {
                self.status = OrderStatus::Cancelling;
                self.cancellation_reason = Some(reason.clone());
            }
            OrderEvent::Expired => self.status = OrderStatus::Expired,
            OrderEvent::StockReleased { allotments } => {
                let to = if self.status == OrderStatus::Expired {
                    ReservationStatus::Expired
                } else {
                    ReservationStatus::Released
                };
                for allotment in allotments {
                    self.end_reservation(allotment, to);
                }
            }
            OrderEvent::Cancelled => self.status = OrderStatus::Cancelled,
            OrderEvent::Completed => {
                self.status = OrderStatus::Completed;
                self.completed_at = Some(at);
            }
            OrderEvent::Closed => self.status = OrderStatus::Closed,
            OrderEvent::RefundApproved { .. }
            | OrderEvent::RefundSubmitted { .. }
            | OrderEvent::RefundSucceeded { .. }
            | OrderEvent::RefundPending { .. }
            | OrderEvent::RefundFailed { .. }
            | OrderEvent::RefundUnknown { .. }
            | OrderEvent::RefundManual { .. } => self.apply_refund(event, at),
            OrderEvent::Noted { .. } | OrderEvent::CustomerNotified { .. } => {}
            OrderEvent::AnomalyRaised { anomaly_id, what, detail } => self.anomalies.push(Anomaly {
                id: anomaly_id.clone(),
                what: what.clone(),
                detail: detail.clone(),
                since: at,
                closed: false,
            }),
            OrderEvent::AnomalyClosed { anomaly_id, .. } => {
                if let Some(anomaly) = self.anomalies.iter_mut().find(|a| a.id == *anomaly_id) {
                    anomaly.closed = true;
                }
            }
        }
    }

    fn answer_hold(&mut self, id: &crate::id::HoldId, status: HoldStatus, answer: Option<&String>) {
        if let Some(hold) = self.holds.iter_mut().find(|h| h.id == *id) {
            hold.status = status;
            hold.answer = answer.cloned();
        }
    }

    fn end_reservation(&mut self, ended: &Allotment, to: ReservationStatus) {
        if let Some(reservation) = self.reservations.iter_mut().find(|r| r.status.is_active() && r.allotment == *ended)
        {
            reservation.status = to;
        }
    }

    fn apply_payment(&mut self, event: &OrderEvent) {
        let zero = Money::zero(self.body.currency);
        if let OrderEvent::PaymentAdded { payment_id, provider, amount } = event {
            let position = self.payments.len() + 1;
            self.payments.push(Payment {
                id: payment_id.clone(),
                provider: *provider,
                reference: PaymentReference::of(&self.id, position),
                provider_payment_id: None,
                amount: *amount,
                status: PaymentStatus::Created,
                authorized: zero,
                captured: zero,
                retry_at: None,
                declared: false,
            });
            return;
        }
        let Some(payment) = payment_of(event).and_then(|id| self.payments.iter_mut().find(|p| p.id == *id)) else {
            return;
        };
        payment.retry_at = None;
        if let OrderEvent::PaymentIdentified { provider_payment_id, .. } = event {
            payment.provider_payment_id = Some(provider_payment_id.clone());
        } else if let OrderEvent::PaymentAuthorized { amount, .. } = event {
            payment.status = PaymentStatus::Authorized;
            payment.authorized = *amount;
        } else if let OrderEvent::PaymentCaptured { captured, .. } = event {
            payment.captured = *captured;
            let whole = captured.compare(payment.amount).is_ok_and(std::cmp::Ordering::is_ge);
            payment.status = if whole { PaymentStatus::Captured } else { PaymentStatus::PartiallyCaptured };
        } else if let OrderEvent::PaymentUnknown { retry_at, .. } = event {
            payment.status = PaymentStatus::Unknown;
            payment.retry_at = Some(*retry_at);
        } else if let Some(status) = plain_status(event) {
            payment.status = status;
        }
    }

    fn apply_refund(&mut self, event: &OrderEvent, at: Timestamp) {
        if let OrderEvent::RefundApproved { refund_id, payment_id, amount, cause, reason, lines, key } = event {
            if let Some(key) = key {
                self.applied.insert(key.clone());
                self.refund_keys.entry(key.clone()).or_insert_with(|| refund_id.clone());
            }
            self.refunds.push(Refund {
                id: refund_id.clone(),
                payment_id: payment_id.clone(),
                amount: *amount,
                status: RefundStatus::Approved,
                cause: *cause,
                reason: reason.clone(),
                lines: lines.clone(),
                provider_reference: None,
                since: at,
                retry_at: None,
                attempts: 0,
            });
            return;
        }
        let Some(refund) = refund_of(event).and_then(|id| self.refunds.iter_mut().find(|r| r.id == *id)) else {
            return;
        };
        refund.since = at;
        refund.retry_at = None;
        if let OrderEvent::RefundSucceeded { provider_reference, .. } = event {
            refund.status = RefundStatus::Succeeded;
            if provider_reference.is_some() {
                refund.provider_reference.clone_from(provider_reference);
            }
        } else if let OrderEvent::RefundFailed { retry_at, .. } = event {
            refund.status = RefundStatus::Failed;
            refund.retry_at = Some(*retry_at);
        } else if let OrderEvent::RefundUnknown { retry_at, .. } = event {
            refund.status = RefundStatus::Unknown;
            refund.retry_at = Some(*retry_at);
            refund.attempts += 1;
        } else if let OrderEvent::RefundPending { provider_reference, retry_at, .. } = event {
            refund.provider_reference = Some(provider_reference.clone());
            refund.retry_at = Some(*retry_at);
            refund.attempts += 1;
        } else if let OrderEvent::RefundSubmitted { .. } = event {
            refund.status = RefundStatus::Submitted;
            refund.attempts += 1;
        } else {
            refund.status = RefundStatus::Manual;
        }
    }

    fn apply_shipment(&mut self, event: &OrderEvent, at: Timestamp) {
        if let OrderEvent::ShipmentPlanned { shipment_id, location_id, lines } = event {
            self.plan_failure = None;
            for line in lines {
                self.commit_units(shipment_id, location_id, line);
            }
            self.shipments.push(Shipment {
                id: shipment_id.clone(),
                location_id: location_id.clone(),
                status: ShipmentStatus::Planned,
                lines: lines.clone(),
                carrier: None,
                tracking_number: None,
                planned_at: at,
                moved_at: at,
                out_for_delivery: false,
                cancel_requested_at: None,
                overdue: false,
                trouble_closed: false,
            });
            return;
        }
        let Some(id) = shipment_of(event) else { return };
        let Some(shipment) = self.shipments.iter_mut().find(|s| s.id == *id) else { return };
        if let OrderEvent::ShipmentMoved { to, carrier, tracking_number, .. } = event {
            let shipped_now = to.has_shipped() && !shipment.status.has_shipped();
            shipment.status = *to;
            shipment.moved_at = at;
            shipment.overdue = false;
            shipment.trouble_closed = false;
            shipment.out_for_delivery = false;
            if carrier.is_some() {
                shipment.carrier.clone_from(carrier);
            }
            if tracking_number.is_some() {
                shipment.tracking_number.clone_from(tracking_number);
            }
            let ended = if shipped_now {
                shipment.cancel_requested_at = None;
                Some(ReservationStatus::Consumed)
            } else if matches!(to, ShipmentStatus::Rejected | ShipmentStatus::Cancelled) {
                Some(ReservationStatus::Released)
            } else {
                None
            };
            // A location that stops by itself is not asked again; one that was asked to stop may be.
            let by_itself = *to == ShipmentStatus::Cancelled && self.status != OrderStatus::Cancelling;
            if *to == ShipmentStatus::Rejected || by_itself {
                let location = shipment.location_id.clone();
                self.refusing_locations.insert(location);
            }
            if let Some(ended) = ended {
                for r in
                    self.reservations.iter_mut().filter(|r| r.shipment_id.as_ref() == Some(id) && r.status.is_active())
                {
                    r.status = ended;
                }
            }
        } else if let OrderEvent::OutForDelivery { .. } = event {
            shipment.out_for_delivery = true;
            shipment.moved_at = at;
        } else if let OrderEvent::ShipmentCancelRequested { .. } = event {
            shipment.cancel_requested_at = Some(at);
        } else if let OrderEvent::ShipmentCancelRefused { .. } = event {
            shipment.cancel_requested_at = None;
        } else if let OrderEvent::ShipmentOverdue { .. } = event {
            shipment.overdue = true;
        } else if let OrderEvent::ShipmentTroubleClosed { .. } = event {
            shipment.overdue = false;
            shipment.trouble_closed = true;
            // Silence is counted anew from here.
            shipment.moved_at = at;
        }
    }

    /// Binds units to a shipment: those held at its location first, then newly promised ones.
    fn commit_units(
        &mut self,
        shipment_id: &ShipmentId,
        location: &crate::id::LocationId,
        line: &crate::event::ShipmentLine,
    ) {
        let mut open = line.quantity;
        let mut remainders = Vec::new();
        for r in &mut self.reservations {
            let fits = r.status == ReservationStatus::Held
                && r.allotment.line_id == line.line_id
                && r.allotment.location_id == *location;
            if !fits || open == 0 {
                continue;
            }
            if r.allotment.quantity > open {
                let mut rest = r.clone();
                rest.allotment.quantity -= open;
                remainders.push(rest);
                r.allotment.quantity = open;
            }
            open -= r.allotment.quantity;
            r.status = ReservationStatus::Committed;
            r.shipment_id = Some(shipment_id.clone());
        }
        self.reservations.append(&mut remainders);
        if open > 0 {
            self.reservations.push(Reservation {
                allotment: Allotment {
                    line_id: line.line_id.clone(),
                    sku: line.sku.clone(),
                    location_id: location.clone(),
                    quantity: open,
                },
                status: ReservationStatus::Committed,
                shipment_id: Some(shipment_id.clone()),
            });
        }
    }
}

fn declared_payment(position: usize, declared: &DeclaredPayment, body: &PlacedOrder) -> Payment {
    let zero = Money::zero(body.currency);
    let (status, authorized, captured) = match declared.status {
        DeclaredStatus::Due => (PaymentStatus::Created, zero, zero),
        DeclaredStatus::Authorized => (PaymentStatus::Authorized, declared.amount, zero),
        DeclaredStatus::Captured => (PaymentStatus::Captured, zero, declared.amount),
    };
    Payment {
        id: PaymentId::number(position),
        provider: declared.provider,
        reference: declared.reference.clone(),
        provider_payment_id: declared.channel_reference.clone(),
        amount: declared.amount,
        status,
        authorized,
        captured,
        retry_at: None,
        declared: true,
    }
}

fn payment_of(event: &OrderEvent) -> Option<&PaymentId> {
    if let OrderEvent::PaymentIdentified { payment_id, .. }
    | OrderEvent::PaymentPending { payment_id }
    | OrderEvent::PaymentAuthorized { payment_id, .. }
    | OrderEvent::PaymentCaptured { payment_id, .. }
    | OrderEvent::PaymentFailed { payment_id, .. }
    | OrderEvent::PaymentExpired { payment_id }
    | OrderEvent::PaymentVoiding { payment_id }
    | OrderEvent::PaymentVoided { payment_id }
    | OrderEvent::PaymentUnknown { payment_id, .. }
    | OrderEvent::PaymentDisputed { payment_id, .. }
    | OrderEvent::DisputeWon { payment_id } = event
    {
        Some(payment_id)
    } else {
        None
    }
}

fn refund_of(event: &OrderEvent) -> Option<&RefundId> {
    if let OrderEvent::RefundSubmitted { refund_id }
    | OrderEvent::RefundSucceeded { refund_id, .. }
    | OrderEvent::RefundPending { refund_id, .. }
    | OrderEvent::RefundFailed { refund_id, .. }
    | OrderEvent::RefundUnknown { refund_id, .. }
    | OrderEvent::RefundManual { refund_id, .. } = event
    {
        Some(refund_id)
    } else {
        None
    }
}

fn plain_status(event: &OrderEvent) -> Option<PaymentStatus> {
    if let OrderEvent::PaymentPending { .. } = event {
        Some(PaymentStatus::RequiresAction)
    } else if let OrderEvent::PaymentFailed { .. } = event {
        Some(PaymentStatus::Failed)
    } else if let OrderEvent::PaymentExpired { .. } = event {
        Some(PaymentStatus::Expired)
    } else if let OrderEvent::PaymentVoiding { .. } = event {
        Some(PaymentStatus::Voiding)
    } else if let OrderEvent::PaymentVoided { .. } = event {
        Some(PaymentStatus::Voided)
    } else if let OrderEvent::PaymentDisputed { .. } = event {
        Some(PaymentStatus::Disputed)
    } else if let OrderEvent::DisputeWon { .. } = event {
        Some(PaymentStatus::Captured)
    } else {
        None
    }
}

fn shipment_of(event: &OrderEvent) -> Option<&ShipmentId> {
    if let OrderEvent::ShipmentMoved { shipment_id, .. }
    | OrderEvent::OutForDelivery { shipment_id }
    | OrderEvent::ShipmentCancelRequested { shipment_id, .. }
    | OrderEvent::ShipmentCancelRefused { shipment_id }
    | OrderEvent::ShipmentOverdue { shipment_id }
    | OrderEvent::ShipmentTroubleClosed { shipment_id, .. } = event
    {
        Some(shipment_id)
    } else {
        None
    }
}
