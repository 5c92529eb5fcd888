//! When money that was promised is taken: as the provider is set up, or by us, at a moment of the goods' way.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{CaptureId, Channel, PaymentId};
use crate::money::{Money, MoneyError};
use crate::order::{Order, Payment};
use crate::status::{CaptureStatus, OrderStatus, PaymentStatus, ShipmentStatus};

/// The moment from which a promise is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMoment {
    /// Never by us: the provider takes it at once, or somebody takes it there.
    #[default]
    Provider,
    /// When the first part of the order is released to its location.
    Release,
    /// When the first part of the order has left its location, or was handed over.
    Shipped,
    /// When the first part of the order is with the buyer.
    Delivered,
}

impl CaptureMoment {
    /// Every moment.
    pub const ALL: &'static [Self] = &[Self::Provider, Self::Release, Self::Shipped, Self::Delivered];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Release => "release",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
        }
    }

    /// The moment in words, behind "when".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Provider => "the provider takes it",
            Self::Release => "the goods are released",
            Self::Shipped => "the goods have left",
            Self::Delivered => "the goods are delivered",
        }
    }

    /// The moment with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|moment| moment.name() == name)
    }

    /// Whether it has come for an order.
    #[must_use]
    pub fn has_come(self, order: &Order) -> bool {
        let any = |is: fn(ShipmentStatus) -> bool| order.shipments.iter().any(|s| is(s.status));
        is_relied_on(order)
            && match self {
                Self::Provider => false,
                Self::Release => order.digital_delivered || any(is_released),
                Self::Shipped => order.has_shipped(),
                Self::Delivered => order.digital_delivered || any(|s| s == ShipmentStatus::Delivered),
            }
    }
}

/// Whether goods move, or are to move, on what was promised.
pub(crate) fn is_relied_on(order: &Order) -> bool {
    match order.status {
        OrderStatus::Confirmed | OrderStatus::InFulfilment | OrderStatus::Completed | OrderStatus::Closed => true,
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => false,
    }
}

/// Whether a location has a shipment, or had it and it has left.
fn is_released(status: ShipmentStatus) -> bool {
    match status {
        ShipmentStatus::Released
        | ShipmentStatus::Accepted
        | ShipmentStatus::Packed
        | ShipmentStatus::Shipped
        | ShipmentStatus::InTransit
        | ShipmentStatus::Delivered
        | ShipmentStatus::Exception
        | ShipmentStatus::Lost
        | ShipmentStatus::ReturnedToSender => true,
        ShipmentStatus::Backordered
        | ShipmentStatus::Scheduled
        | ShipmentStatus::Planned
        | ShipmentStatus::Rejected
        | ShipmentStatus::Cancelled => false,
    }
}

/// The moments of a shop's channels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaptureWhen {
    /// Of channels that are not named.
    pub otherwise: CaptureMoment,
    /// Of those that are.
    pub channels: BTreeMap<Channel, CaptureMoment>,
}

impl CaptureWhen {
    /// The moment of a channel's orders.
    #[must_use]
    pub fn moment(&self, channel: &Channel) -> CaptureMoment {
        self.channels.get(channel).copied().unwrap_or(self.otherwise)
    }

    /// The moment for which a channel's buyers promise money; none where the provider takes it.
    #[must_use]
    pub fn promised(&self, channel: &Channel) -> Option<CaptureMoment> {
        Some(self.moment(channel)).filter(|moment| *moment != CaptureMoment::Provider)
    }

    /// The moment at which a payment is taken: that of its channel. One that we began as a promise has at least the moment
    /// for which it was begun, also where the setting has changed since: nobody but us takes it.
    #[must_use]
    pub fn of(&self, order: &Order, payment: &Payment) -> CaptureMoment {
        let moment = self.moment(&order.body.channel);
        if moment == CaptureMoment::Provider && order.is_begun_as_promise(payment) {
            order.terms.capture_when.unwrap_or_default()
        } else {
            moment
        }
    }
}

/// A promise of money that we take ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Its id, and the provider's idempotency key.
    pub id: CaptureId,
    /// Which promise.
    pub payment_id: PaymentId,
    /// How much of it.
    pub amount: Money,
    /// Where it stands.
    pub status: CaptureStatus,
    /// Why it failed, or is wanted no longer.
    pub reason: Option<String>,
    /// The provider's own id of it, where there is one.
    pub provider_reference: Option<String>,
    /// Since when it stands there.
    pub since: Timestamp,
    /// When it was sent for the first time.
    pub first_sent_at: Option<Timestamp>,
    /// When it is asked about again.
    pub retry_at: Option<Timestamp>,
    /// How often it was sent or asked about.
    pub attempts: u32,
    /// How often since the provider's last answer the answer was lost.
    pub lost_answers: u32,
}

impl Order {
    /// The capture of a payment that counts: there is one at most.
    #[must_use]
    pub fn capture_of(&self, payment: &Payment) -> Option<&Capture> {
        self.captures.iter().find(|c| c.payment_id == payment.id)
    }

    /// Whether a payment is a promise that is never taken, since its capture was withdrawn: it secures nothing, and is called
    /// off.
    #[must_use]
    pub fn is_given_up(&self, payment: &Payment) -> bool {
        let withdrawn = |c: &Capture| c.status == CaptureStatus::Withdrawn;
        payment.status == PaymentStatus::Authorized && self.capture_of(payment).is_some_and(withdrawn)
    }

    /// Whether a capture of a payment was sent and nothing final is known of it: until then it is not called off.
    #[must_use]
    pub fn is_being_captured(&self, payment: &Payment) -> bool {
        self.capture_of(payment).is_some_and(|c| c.status.is_in_flight())
    }

    /// What of a promise the order still wants: never more than was promised, never more than the
    /// rest of the order lacks.
    /// Of two promises for the same money the first is taken.
    ///
    /// # Errors
    /// [`MoneyError`], never for amounts that were accepted one by one.
    pub fn wanted_of(&self, payment: &Payment) -> Result<Money, MoneyError> {
        let zero = Money::zero(self.body.currency);
        let mut open = self.worth()?.sub(self.let_off)?;
        let mut is_before = true;
        for other in &self.payments {
            if other.id == payment.id {
                is_before = false;
                continue;
            }
            let claim = self.capture_of(other).filter(|c| c.status != CaptureStatus::Withdrawn);
            let only_promised = other.status == PaymentStatus::Authorized && other.provider.has_api();
            open = open.sub(match claim {
                Some(capture) if only_promised => capture.amount,
                None if only_promised && !is_before => zero,
                Some(_) | None => self.counted(other)?,
            })?;
        }
        let wanted = open.min(payment.authorized)?;
        Ok(if wanted.is_negative() { zero } else { wanted })
    }
}

impl CaptureStatus {
    /// Whether it was sent, or is about to be, and nothing final is known.
    #[must_use]
    pub fn is_in_flight(self) -> bool {
        match self {
            Self::Submitted | Self::Unknown => true,
            Self::Requested | Self::Succeeded | Self::Failed | Self::Manual | Self::Withdrawn => false,
        }
    }
}
