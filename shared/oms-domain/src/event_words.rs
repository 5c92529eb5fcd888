//! What events are called: their stable names, and their words in the timeline.

use crate::event::OrderEvent;
use crate::id::{Carrier, TrackingNumber};
use crate::status::ShipmentStatus;

impl OrderEvent {
    /// The stable name: in the timeline, and in what leaves on the bus.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received { .. } => "order_received",
            Self::Validated => "order_validated",
            Self::BenefitsReserved => "benefits_reserved",
            Self::BenefitsCommitted => "benefits_committed",
            Self::BenefitsReleased => "benefits_released",
            Self::BenefitsReturned { .. } => "benefits_returned",
            Self::Rejected { .. } => "order_rejected",
            Self::HoldPlaced { .. } => "hold_placed",
            Self::HoldReleased { .. } => "hold_released",
            Self::HoldRejected { .. } => "hold_rejected",
            Self::HoldExpired { .. } => "hold_expired",
            Self::StockReserved { .. } => "stock_reserved",
            Self::PaymentRequested { .. } => "payment_requested",
            Self::PaymentAdded { .. } => "payment_added",
            Self::PaymentStarted { .. } => "payment_started",
            Self::PaymentIdentified { .. } => "payment_identified",
            Self::PaymentPending { .. } => "payment_pending",
            Self::PaymentAuthorized { .. } => "payment_authorized",
            Self::PaymentCaptured { .. } => "payment_captured",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::PaymentExpired { .. } => "payment_expired",
            Self::PaymentVoiding { .. } => "payment_voiding",
            Self::PaymentVoided { .. } => "payment_voided",
            Self::PaymentUnknown { .. } => "payment_unknown",
            Self::PaymentDisputed { .. } => "payment_disputed",
            Self::DisputeWon { .. } => "dispute_won",
            Self::DisputeLost { .. } => "dispute_lost",
            Self::FeeCharged { .. } => "fee_charged",
            Self::FeeReturned { .. } => "fee_returned",
            Self::PaymentAccepted => "payment_accepted",
            Self::Confirmed => "order_confirmed",
            Self::ShipmentPlanned { .. } => "shipment_planned",
            Self::PlanFailed { .. } => "plan_failed",
            Self::PlanRetried => "plan_retried",
            Self::ShipmentMoved { to, .. } => match to {
                ShipmentStatus::Backordered => "shipment_backordered",
                ShipmentStatus::Scheduled => "shipment_scheduled",
                ShipmentStatus::Planned => "shipment_replanned",
                ShipmentStatus::Released => "shipment_released",
                ShipmentStatus::Accepted => "shipment_accepted",
                ShipmentStatus::Packed => "shipment_packed",
                ShipmentStatus::Shipped => "shipment_shipped",
                ShipmentStatus::InTransit => "shipment_in_transit",
                ShipmentStatus::Delivered => "shipment_delivered",
                ShipmentStatus::Rejected => "shipment_rejected",
                ShipmentStatus::Cancelled => "shipment_withdrawn",
                ShipmentStatus::Exception => "shipment_exception",
                ShipmentStatus::Lost => "shipment_lost",
                ShipmentStatus::ReturnedToSender => "shipment_returned_to_sender",
            },
            Self::OutForDelivery { .. } => "shipment_out_for_delivery",
            Self::ShipmentCancelRequested { .. } => "shipment_cancel_requested",
            Self::ShipmentCancelRefused { .. } => "shipment_cancel_refused",
            Self::ShipmentOverdue { .. } => "shipment_overdue",
            Self::ShipmentTroubleClosed { .. } => "shipment_trouble_closed",
            Self::DigitalDelivered => "digital_delivered",
            Self::FulfilmentStarted => "fulfilment_started",
            Self::CancellationRequested { .. } => "cancellation_requested",
            Self::LinesCancelled { .. } => "lines_cancelled",
            Self::Expired => "order_expired",
            Self::DepositKept { .. } => "deposit_kept",
            Self::StockReleased { .. } => "stock_released",
            Self::CancellationRefused => "cancellation_refused",
            Self::Cancelled => "order_cancelled",
            Self::Completed => "order_completed",
            Self::Closed => "order_closed",
            Self::Capture(event) => event.name(),
            Self::RefundRequested { .. } => "refund_requested",
            Self::RefundDeclined { .. } => "refund_declined",
            Self::RefundApproved { .. } => "refund_approved",
            Self::RefundSubmitted { .. } => "refund_submitted",
            Self::RefundSucceeded { .. } => "refund_succeeded",
            Self::RefundPending { .. } => "refund_pending",
            Self::RefundFailed { .. } => "refund_failed",
            Self::RefundUnknown { .. } => "refund_unknown",
            Self::RefundManual { .. } => "refund_manual",
            Self::Noted { .. } => "noted",
            Self::AnomalyRaised { .. } => "anomaly_raised",
            Self::AnomalyClosed { .. } => "anomaly_closed",
            Self::CustomerNotified { .. } => "customer_notified",
        }
    }

    /// What the timeline says beside the name. Free of personal data.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Received { body } => format!("{} {}", body.channel, body.total),
            Self::BenefitsReturned { return_id, items } => {
                // No codes: an account of points may be called as its buyer is.
                let parts: Vec<_> = items.iter().map(|item| item.amount.to_string()).collect();
                format!("{return_id}: {}", parts.join(", "))
            }
            Self::Rejected { reasons } => reasons.iter().map(|r| r.detail.as_str()).collect::<Vec<_>>().join("; "),
            Self::HoldPlaced { kind, reason, .. } => format!("{}: {reason}", kind.name()),
            Self::HoldReleased { hold_id, reason } | Self::HoldRejected { hold_id, reason } => {
                format!("{hold_id}: {reason}")
            }
            Self::HoldExpired { hold_id } => hold_id.to_string(),
            Self::StockReserved { allotments } | Self::StockReleased { allotments } => allotments
                .iter()
                .map(|a| format!("{} × {} at {}", a.quantity, a.sku, a.location_id))
                .collect::<Vec<_>>()
                .join(", "),
            Self::PaymentRequested { deadline, terms } => match terms.words() {
                None => format!("until {deadline}"),
                Some(terms) => format!("until {deadline}, {terms}"),
            },
            Self::PaymentAuthorized { payment_id, amount, expires_at: Some(end) } => {
                format!("{payment_id}: {amount}, until {end}")
            }
            Self::PaymentAdded { payment_id, amount, .. } | Self::PaymentAuthorized { payment_id, amount, .. } => {
                format!("{payment_id}: {amount}")
            }
            Self::PaymentDisputed { payment_id, amount }
            | Self::DisputeLost { payment_id, amount }
            | Self::FeeCharged { payment_id, amount, .. }
            | Self::FeeReturned { payment_id, amount, .. }
            | Self::DepositKept { payment_id, amount } => format!("{payment_id}: {amount}"),
            Self::PaymentStarted { payment_id, client, .. } => format!("{payment_id}: {}", client.name()),
            Self::PaymentCaptured { payment_id, captured } => format!("{payment_id}: {captured}"),
            Self::PaymentIdentified { payment_id, provider_payment_id } => {
                format!("{payment_id}: {provider_payment_id}")
            }
            Self::PaymentFailed { payment_id, reason } => format!("{payment_id}: {reason}"),
            Self::PaymentPending { payment_id }
            | Self::PaymentExpired { payment_id }
            | Self::PaymentVoiding { payment_id }
            | Self::PaymentVoided { payment_id }
            | Self::PaymentUnknown { payment_id, .. }
            | Self::DisputeWon { payment_id } => payment_id.to_string(),
            Self::ShipmentPlanned { shipment_id, location_id, lines } => {
                let units: u64 = lines.iter().map(|l| u64::from(l.quantity)).sum();
                format!("{shipment_id} from {location_id}, {units} units")
            }
            Self::PlanFailed { detail, .. } => detail.clone(),
            Self::ShipmentMoved { shipment_id, carrier, tracking_number, detail, .. } => {
                let mut text = shipment_id.to_string();
                for part in [
                    carrier.as_ref().map(Carrier::as_str),
                    tracking_number.as_ref().map(TrackingNumber::as_str),
                    detail.as_deref(),
                ]
                .into_iter()
                .flatten()
                {
                    text.push(' ');
                    text.push_str(part);
                }
                text
            }
            Self::OutForDelivery { shipment_id }
            | Self::ShipmentCancelRequested { shipment_id, .. }
            | Self::ShipmentCancelRefused { shipment_id }
            | Self::ShipmentOverdue { shipment_id } => shipment_id.to_string(),
            Self::ShipmentTroubleClosed { shipment_id, reason } => format!("{shipment_id}: {reason}"),
            Self::CancellationRequested { reason } => reason.clone(),
            Self::LinesCancelled { reason, lines, .. } => {
                let parts: Vec<_> = lines.iter().map(|l| format!("{} of line {}", l.quantity, l.line_id)).collect();
                format!("{}: {reason}", parts.join(", "))
            }
            Self::Capture(event) => event.detail(),
            Self::RefundRequested { refund_id, amount, reason, .. }
            | Self::RefundApproved { refund_id, amount, reason, .. } => format!("{refund_id}: {amount}, {reason}"),
            Self::RefundSubmitted { refund_id }
            | Self::RefundSucceeded { refund_id, .. }
            | Self::RefundPending { refund_id, .. }
            | Self::RefundUnknown { refund_id, .. } => refund_id.to_string(),
            Self::RefundFailed { refund_id, reason, .. }
            | Self::RefundManual { refund_id, reason, .. }
            | Self::RefundDeclined { refund_id, reason } => format!("{refund_id}: {reason}"),
            Self::Noted { what, detail, .. } => format!("{what}: {detail}"),
            Self::AnomalyRaised { anomaly_id, what, detail } => format!("{anomaly_id}: {what}: {detail}"),
            Self::AnomalyClosed { anomaly_id, reason } => format!("{anomaly_id}: {reason}"),
            Self::CustomerNotified { template, .. } => template.name().to_owned(),
            Self::Validated
            | Self::BenefitsReserved
            | Self::BenefitsCommitted
            | Self::BenefitsReleased
            | Self::PaymentAccepted
            | Self::Confirmed
            | Self::PlanRetried
            | Self::DigitalDelivered
            | Self::FulfilmentStarted
            | Self::Expired
            | Self::CancellationRefused
            | Self::Cancelled
            | Self::Completed
            | Self::Closed => String::new(),
        }
    }
}
