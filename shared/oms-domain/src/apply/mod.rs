//! Folding events into state. Pure and total: what was stored can always be read again.

mod capture;
mod payment;
mod refund;
mod shipment;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::body::{DeclaredPayment, DeclaredStatus, PlacedOrder};
use crate::event::{Allotment, CommitRecord, OrderEvent};
use crate::id::{OrderId, PaymentId};
use crate::money::Money;
use crate::order::{Anomaly, Fee, Hold, Order, Payment, PlanFailure, Reservation};
use crate::promise;
use crate::status::{BenefitStatus, HoldStatus, OrderStatus, PaymentStatus, ReservationStatus};
use crate::terms::Terms;

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
        let payments = body
            .payments
            .iter()
            .enumerate()
            .map(|(i, declared)| declared_payment(i + 1, declared, &body, at))
            .collect();
        let zero = Money::zero(body.currency);
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
            let_off: zero,
            payment_deadline: None,
            asked_at: None,
            terms: Terms::default(),
            benefits: None,
            points_returned: BTreeSet::new(),
            reserved: false,
            reservations: Vec::new(),
            shipments: Vec::new(),
            refusing_locations: BTreeSet::new(),
            plan_failure: None,
            digital_delivered: false,
            captures: Vec::new(),
            refunds: Vec::new(),
            rejections: Vec::new(),
            cancellation_reason: None,
            cancelled: Vec::new(),
            taken_off_unpaid: zero,
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
            OrderEvent::BenefitsReserved => self.benefits = Some(BenefitStatus::Reserved),
            OrderEvent::BenefitsCommitted => self.benefits = Some(BenefitStatus::Committed),
            OrderEvent::BenefitsReleased => self.benefits = Some(BenefitStatus::Released),
            OrderEvent::BenefitsReturned { return_id, .. } => {
                self.points_returned.insert(return_id.clone());
            }
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
            OrderEvent::PaymentRequested { deadline, terms } => {
                self.status = OrderStatus::AwaitingPayment;
                // For good: an attempt that is begun twice is begun the same way.
                if self.payment_deadline.is_none() {
                    self.terms = *terms;
                }
                self.payment_deadline = Some(*deadline);
                self.asked_at = Some(at);
            }
            OrderEvent::PaymentAdded { .. }
            | OrderEvent::PaymentStarted { .. }
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
            | OrderEvent::DisputeWon { .. }
            | OrderEvent::DisputeLost { .. }
            | OrderEvent::DepositKept { .. } => self.apply_payment(event, at),
            OrderEvent::FeeCharged { payment_id, reference, amount } => {
                self.apply_fee(payment_id, Fee { reference: reference.clone(), is_returned: false, amount: *amount });
            }
            OrderEvent::FeeReturned { payment_id, reference, amount } => {
                self.apply_fee(payment_id, Fee { reference: reference.clone(), is_returned: true, amount: *amount });
            }
            OrderEvent::PaymentAccepted => {
                self.payment_accepted = true;
                self.let_off = self.missing_at_once();
            }
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
            OrderEvent::LinesCancelled { lines, given_back, .. } => {
                self.cancelled.extend(lines.iter().cloned());
                if self.captured().is_ok_and(Money::is_zero) {
                    self.taken_off_unpaid = self.taken_off().unwrap_or(self.taken_off_unpaid);
                }
                for allotment in given_back {
                    self.give_back(allotment);
                }
                if !self.has_unplanned() {
                    self.plan_failure = None;
                }
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
            OrderEvent::Capture(event) => self.apply_capture(event, at),
            OrderEvent::RefundRequested { .. }
            | OrderEvent::RefundDeclined { .. }
            | OrderEvent::RefundApproved { .. }
            | OrderEvent::RefundSubmitted { .. }
            | OrderEvent::RefundSucceeded { .. }
            | OrderEvent::RefundPending { .. }
            | OrderEvent::RefundFailed { .. }
            | OrderEvent::RefundUnknown { .. }
            | OrderEvent::RefundManual { .. } => self.apply_refund(event, at),
            OrderEvent::Noted { released: Some(released), .. } => self.apply_release(released),
            OrderEvent::Noted { released: None, .. } | OrderEvent::CustomerNotified { .. } => {}
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

    /// Units that are set aside and in no shipment go back; what is left of their reservation stays.
    fn give_back(&mut self, back: &Allotment) {
        let mut open = back.quantity;
        let mut remainders = Vec::new();
        for r in self.reservations.iter_mut().rev() {
            let fits = r.status == ReservationStatus::Held
                && r.allotment.line_id == back.line_id
                && r.allotment.location_id == back.location_id;
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
            r.status = ReservationStatus::Released;
        }
        self.reservations.append(&mut remainders);
    }

    fn end_reservation(&mut self, ended: &Allotment, to: ReservationStatus) {
        if let Some(reservation) = self.reservations.iter_mut().find(|r| r.status.is_active() && r.allotment == *ended)
        {
            reservation.status = to;
        }
    }
}

fn declared_payment(position: usize, declared: &DeclaredPayment, body: &PlacedOrder, at: Timestamp) -> Payment {
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
        former_ids: Vec::new(),
        amount: declared.amount,
        status,
        authorized,
        released: BTreeMap::new(),
        captured,
        charged_back: zero,
        lost: zero,
        forfeited: zero,
        captured_at: captured.is_positive().then(|| declared.paid_at.unwrap_or(at)),
        expires_at: (status == PaymentStatus::Authorized)
            .then(|| promise::ends(declared.provider, declared.paid_at.unwrap_or(at)))
            .flatten(),
        retry_at: None,
        declared: true,
        opened_by: None,
        started: None,
        fees: Vec::new(),
    }
}
