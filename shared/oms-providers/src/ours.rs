//! Recognising our own ids among the numbers that a provider hands back.

use oms_domain::id::{OrderId, RefundId};

/// Our refund, where a number is one of ours: an order's id, `-r` and a count. Whoever refunds in the provider's console
/// gives or gets another number, which must not be taken for a refund that we ought to know.
pub(crate) fn refund(number: &str) -> Option<RefundId> {
    let (order, count) = number.rsplit_once("-r")?;
    count.parse::<u16>().ok()?;
    OrderId::parse(order).ok()?;
    RefundId::parse(number).ok()
}
