//! What customers and staff see, derived from the machines and never stored.

use crate::body::Line;
use crate::money::{Money, MoneyError};
use crate::order::Order;
use crate::status::{OrderStatus, PaymentStatus, ShipmentStatus};

/// `pending`, `authorized`, `partially_paid`, `paid`, `partially_refunded`, `refunded`, `voided`, `failed`, `disputed` or
/// `charged_back`.
#[must_use]
pub fn payment_status(order: &Order) -> &'static str {
    let any = |status| order.payments.iter().any(|p| p.status == status);
    if any(PaymentStatus::Disputed) {
        return "disputed";
    }
    if any(PaymentStatus::ChargedBack) {
        return "charged_back";
    }
    let captured = order.captured().unwrap_or(Money::zero(order.body.currency));
    let refunded = order.refunded().unwrap_or(Money::zero(order.body.currency));
    if captured.is_positive() {
        let kept = captured.sub(refunded).unwrap_or(captured);
        let worth = order.worth().unwrap_or(order.body.total);
        let whole = captured.compare(worth).is_ok_and(std::cmp::Ordering::is_ge) || order.payment_accepted;
        // What was paid twice and sent back once is paid, not partly refunded, and so is what was paid for units that were
        // cancelled before; what went back for units that were cancelled after they were paid is.
        let billed = order.body.total.sub(order.taken_off_unpaid).unwrap_or(order.body.total);
        let kept_whole = kept.compare(billed).is_ok_and(std::cmp::Ordering::is_ge);
        return match (refunded.is_positive(), kept.is_positive()) {
            (true, false) => "refunded",
            (true, true) if !kept_whole => "partially_refunded",
            (true | false, _) if whole => "paid",
            (true | false, _) => "partially_paid",
        };
    }
    if order.worth().is_ok_and(Money::is_zero) {
        return "paid";
    }
    if any(PaymentStatus::Authorized) {
        "authorized"
    } else if any(PaymentStatus::Voided) || (any(PaymentStatus::Expired) && order.is_undone()) {
        "voided"
    } else if any(PaymentStatus::Failed) {
        "failed"
    } else {
        "pending"
    }
}

/// `unfulfilled`, `on_hold`, `backordered`, `partially_shipped`, `shipped`, `partially_delivered`, `delivered` or `cancelled`.
#[must_use]
pub fn fulfilment_status(order: &Order) -> &'static str {
    if order.digital_delivered {
        return "delivered";
    }
    let mut ordered = 0_u64;
    let (mut shipped, mut delivered) = (0_u64, 0_u64);
    for line in order.body.lines.iter().filter(|l| l.is_stocked()) {
        let counters = line_counters(order, line);
        ordered += u64::from(line.quantity.saturating_sub(counters.cancelled));
        shipped += u64::from(counters.shipped);
        delivered += u64::from(counters.delivered);
    }
    match order.status {
        OrderStatus::Rejected | OrderStatus::Expired | OrderStatus::Cancelled => return "cancelled",
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Cancelling => {}
    }
    if ordered > 0 && delivered >= ordered {
        "delivered"
    } else if delivered > 0 {
        "partially_delivered"
    } else if ordered > 0 && shipped >= ordered {
        "shipped"
    } else if shipped > 0 {
        "partially_shipped"
    } else if order.is_held() {
        "on_hold"
    } else if order.plan_failure.is_some() || order.shipments.iter().any(|s| s.status == ShipmentStatus::Backordered) {
        "backordered"
    } else {
        "unfulfilled"
    }
}

/// What the buyer is shown: one word for the whole order.
#[must_use]
pub fn customer_status(order: &Order) -> &'static str {
    match order.status {
        OrderStatus::Received => "received",
        OrderStatus::Validated if order.is_held() => "under_review",
        OrderStatus::Validated => "received",
        OrderStatus::AwaitingPayment => "awaiting_payment",
        OrderStatus::Confirmed | OrderStatus::InFulfilment => match fulfilment_status(order) {
            "unfulfilled" | "backordered" => "preparing",
            "on_hold" => "under_review",
            shipped => shipped,
        },
        OrderStatus::Completed | OrderStatus::Closed => match fulfilment_status(order) {
            "delivered" => "delivered",
            partly => partly,
        },
        OrderStatus::Rejected => "rejected",
        OrderStatus::Expired => "expired",
        OrderStatus::Cancelling => "cancelling",
        OrderStatus::Cancelled => "cancelled",
    }
}

/// How far the units of a line have come: ordered = open + cancelled + shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCounters {
    /// Left a location (or was handed over).
    pub shipped: u32,
    /// With the buyer.
    pub delivered: u32,
    /// Will never ship.
    pub cancelled: u32,
    /// Came back.
    pub returned: u32,
    /// Still to ship.
    pub open: u32,
}

/// The counters of one line.
#[must_use]
pub fn line_counters(order: &Order, line: &Line) -> LineCounters {
    let wanted = order.wanted(line);
    let (shipped, delivered) = if order.digital_delivered || (!line.is_stocked() && order.has_shipped()) {
        (wanted, wanted)
    } else {
        let shipped = order.units(&line.line_id, |s| s.status.has_shipped());
        (
            shipped.min(line.quantity),
            order.units(&line.line_id, |s| s.status == ShipmentStatus::Delivered).min(line.quantity),
        )
    };
    let returned = order.units(&line.line_id, |s| s.status == ShipmentStatus::ReturnedToSender).min(shipped);
    let rest = line.quantity.saturating_sub(shipped);
    let over = match order.status {
        OrderStatus::Rejected | OrderStatus::Expired | OrderStatus::Cancelled => true,
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Cancelling => false,
    };
    let (cancelled, open) = if over { (rest, 0) } else { (line.quantity - wanted, wanted.saturating_sub(shipped)) };
    LineCounters { shipped, delivered, cancelled, returned, open }
}

/// The order's sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Prices times quantities.
    pub items: Money,
    /// All discounts, of lines and of the order.
    pub discount: Money,
    /// Shipping.
    pub shipping: Money,
    /// Tax.
    pub tax: Money,
    /// What the buyer owes in all, as it was ordered.
    pub total: Money,
    /// What of it was taken off for units that were cancelled while the rest went on.
    pub cancelled: Money,
    /// What is still to be paid, also at the door; nothing for an order that is undone.
    pub due: Money,
    /// Taken.
    pub captured: Money,
    /// Sent back.
    pub refunded: Money,
    /// Taken back by buyers' banks.
    pub charged_back: Money,
    /// Kept of a deposit whose rest did not come.
    pub forfeited: Money,
}

/// The order's sums.
///
/// # Errors
/// [`MoneyError`], never for an order that was accepted.
pub fn totals(order: &Order) -> Result<Totals, MoneyError> {
    let currency = order.body.currency;
    let lines = order.body.lines.iter();
    let line_discounts = order.body.lines.iter().flat_map(|l| &l.discounts);
    Ok(Totals {
        items: lines.map(Line::gross).try_fold(Money::zero(currency), Money::add)?,
        discount: Money::sum(currency, order.body.discounts.iter().chain(line_discounts).map(|d| d.amount))?,
        shipping: order.body.shipping.fee,
        tax: order.body.tax,
        total: order.body.total,
        cancelled: order.taken_off()?,
        due: due(order)?,
        captured: order.captured()?,
        refunded: order.refunded()?,
        charged_back: order.lost()?,
        forfeited: order.forfeited()?,
    })
}

/// What is still to be paid.
fn due(order: &Order) -> Result<Money, MoneyError> {
    let cards = order.payments.iter().filter(|p| p.is_set_aside_on_a_card()).map(|p| p.authorized);
    let cards = Money::sum(order.body.currency, cards)?;
    let open = order.worth()?.sub(order.captured()?)?.sub(cards)?.sub(order.let_off)?;
    Ok(if order.is_undone() || !open.is_positive() { Money::zero(order.body.currency) } else { open })
}
