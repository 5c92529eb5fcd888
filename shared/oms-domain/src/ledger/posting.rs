//! Postings: what one event did to the books.

use std::borrow::Cow;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::apply::FoldError;
use crate::event::{CommitRecord, OrderEvent};
use crate::id::{PaymentId, RefundId};
use crate::ledger::{Account, Balances};
use crate::money::Currency;
use crate::order::Order;

/// One side of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(Account, i128)", into = "(Account, i128)")]
pub struct Entry {
    /// Where.
    pub account: Account,
    /// How much, in minor units of the posting's currency: a debit above zero, a credit below, never zero.
    pub minor: i128,
}

impl From<(Account, i128)> for Entry {
    fn from((account, minor): (Account, i128)) -> Self {
        Self { account, minor }
    }
}

impl From<Entry> for (Account, i128) {
    fn from(entry: Entry) -> Self {
        (entry.account, entry.minor)
    }
}

impl Entry {
    /// The debit as a decimal text at the currency's scale; none for a credit.
    #[must_use]
    pub fn debit(self, currency: Currency) -> Option<String> {
        (self.minor > 0).then(|| decimal(self.minor, currency))
    }

    /// The credit as a decimal text without a sign; none for a debit.
    #[must_use]
    pub fn credit(self, currency: Currency) -> Option<String> {
        (self.minor < 0).then(|| decimal(self.minor.saturating_neg(), currency))
    }
}

fn decimal(minor: i128, currency: Currency) -> String {
    Decimal::try_from_i128_with_scale(minor, currency.exponent()).map_or_else(|_| minor.to_string(), |d| d.to_string())
}

/// What one event did to the books: entries of one currency whose sum is zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The stable name of the event.
    pub event: String,
    /// Which payment, refund or return of points it was about, by our id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The provider's own id of it, where it is known by then: what the provider's statement says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The currency of all its entries.
    pub currency: Currency,
    /// The entries, in the order of the books.
    pub entries: Vec<Entry>,
}

impl Posting {
    /// Whether debits and credits are equal.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.entries.iter().try_fold(0_i128, |sum, entry| sum.checked_add(entry.minor)) == Some(0)
    }
}

/// What these events do to the books of an order: nothing for most, since most move no money.
#[must_use]
pub fn postings(before: &Order, events: &[OrderEvent], at: Timestamp) -> Vec<Posting> {
    let mut state = before.clone();
    // What an order says of itself when it comes is news to the books.
    let mut books = if state.version == 0 { Balances::default() } else { Balances::of(&state) };
    let mut postings = Vec::new();
    for event in events {
        state.apply(event, at);
        let now = Balances::of(&state);
        let entries = books.until(&now);
        if !entries.is_empty() {
            let (subject, reference) = about(&state, event);
            let (event, currency) = (event.name().to_owned(), state.body.currency);
            postings.push(Posting { event, subject, reference, currency, entries });
        }
        books = now;
    }
    postings
}

/// The postings of an order's commits, oldest first and one list for each: as they are stored, and worked out for commits
/// of a version that stored none.
///
/// # Errors
/// [`FoldError`] when the records do not make an order.
pub fn history(records: &[CommitRecord]) -> Result<Vec<Cow<'_, [Posting]>>, FoldError> {
    let first = records.first().ok_or(FoldError::NoBeginning)?;
    let Some(OrderEvent::Received { body }) = first.events.first() else { return Err(FoldError::NoBeginning) };
    let mut order = Order::received(first.order_id.clone(), body.as_ref().clone(), first.at);
    let mut lists = Vec::with_capacity(records.len());
    for record in records {
        lists.push(if record.postings.is_empty() {
            Cow::Owned(postings(&order, &record.events, record.at))
        } else {
            Cow::Borrowed(record.postings.as_slice())
        });
        order.apply_record(record)?;
    }
    Ok(lists)
}

/// Which payment, refund or return of points an event is about: our id and the provider's.
fn about(order: &Order, event: &OrderEvent) -> (Option<String>, Option<String>) {
    // What the provider's statement calls a fee by is not the payment.
    if let OrderEvent::FeeCharged { payment_id, reference, .. }
    | OrderEvent::FeeReturned { payment_id, reference, .. } = event
    {
        return (Some(payment_id.to_string()), Some(reference.clone()));
    }
    if let Some(id) = payment_of(event) {
        let theirs = order.payment(id).and_then(|p| p.provider_payment_id.clone());
        return (Some(id.to_string()), theirs);
    }
    if let OrderEvent::BenefitsReturned { return_id, .. } = event {
        return (Some(return_id.to_string()), None);
    }
    if let Some(id) = refund_of(event) {
        let theirs = order.refund(id).and_then(|r| r.provider_reference.clone());
        return (Some(id.to_string()), theirs);
    }
    (None, None)
}

fn payment_of(event: &OrderEvent) -> Option<&PaymentId> {
    if let OrderEvent::PaymentCaptured { payment_id, .. }
    | OrderEvent::PaymentDisputed { payment_id, .. }
    | OrderEvent::DisputeWon { payment_id }
    | OrderEvent::DepositKept { payment_id, .. } = event
    {
        Some(payment_id)
    } else {
        None
    }
}

fn refund_of(event: &OrderEvent) -> Option<&RefundId> {
    if let OrderEvent::RefundSucceeded { refund_id, .. } | OrderEvent::RefundFailed { refund_id, .. } = event {
        Some(refund_id)
    } else {
        None
    }
}
