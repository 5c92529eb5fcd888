//! The ledger as finance reads it: one line for each entry, the same members in JSON and in CSV. `docs/ledger.md`
//! explains them.

use jiff::Timestamp;
use oms_domain::event::CommitRecord;
use oms_domain::id::{Channel, ChannelOrderId, OrderId};
use oms_domain::ledger::{Balances, Entry, Posting};
use oms_domain::money::Currency;
use oms_domain::order::Order;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

/// An amount on the debit or on the credit side of an account: what one entry moves, or what is left of all of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SideView {
    /// The account.
    #[schema(value_type = schema::AccountName)]
    pub account: &'static str,
    /// Who holds the money, for `captured`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub provider: Option<&'static str>,
    /// The currency of the amounts.
    #[schema(value_type = schema::Currency)]
    pub currency: &'static str,
    /// A decimal text; there is either a debit or a credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debit: Option<String>,
    /// A decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
}

impl SideView {
    fn of(entry: &Entry, currency: Currency) -> Self {
        Self {
            account: entry.account.name(),
            provider: entry.account.provider().map(|p| p.name()),
            currency: currency.code(),
            debit: entry.debit(currency),
            credit: entry.credit(currency),
        }
    }
}

/// One entry of the books.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LedgerEntryView {
    /// When it was written.
    pub at: Timestamp,
    /// The order.
    #[schema(value_type = schema::OrderId)]
    pub order_id: OrderId,
    /// The order's channel.
    #[schema(value_type = schema::Channel)]
    pub channel: Channel,
    /// The order's number there.
    #[schema(value_type = String)]
    pub channel_order_id: ChannelOrderId,
    /// The order's commit that wrote it, from 1.
    pub commit: u64,
    /// The posting within the commit, from 1: debits and credits of one posting are equal.
    pub posting: usize,
    /// What happened.
    pub event: String,
    /// How much, and on which side of which account.
    #[serde(flatten)]
    pub side: SideView,
    /// Which payment or refund, by our id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The same by the provider's id, as its statement names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// The entries of a commit's postings.
pub fn entries<'a>(
    record: &'a CommitRecord,
    postings: &'a [Posting],
) -> impl Iterator<Item = LedgerEntryView> + use<'a> {
    postings.iter().enumerate().flat_map(move |(i, posting)| {
        posting.entries.iter().map(move |entry| LedgerEntryView {
            at: record.at,
            order_id: record.order_id.clone(),
            channel: record.channel.clone(),
            channel_order_id: record.channel_order_id.clone(),
            commit: record.seq,
            posting: i + 1,
            event: posting.event.clone(),
            side: SideView::of(entry, posting.currency),
            subject: posting.subject.clone(),
            reference: posting.reference.clone(),
        })
    })
}

/// `GET /v1/orders/{order_id}/ledger`: all that was written for an order, and what is left of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderLedgerView {
    /// The order.
    #[schema(value_type = schema::OrderId)]
    pub order_id: OrderId,
    /// Every entry, oldest first.
    pub entries: Vec<LedgerEntryView>,
    /// Accounts that hold anything. Debits and credits are equal.
    pub balances: Vec<SideView>,
}

impl OrderLedgerView {
    /// The view of an order with its entries.
    #[must_use]
    pub fn new(order: &Order, entries: Vec<LedgerEntryView>) -> Self {
        let currency = order.body.currency;
        let balances = Balances::of(order).entries().map(|entry| SideView::of(&entry, currency)).collect();
        Self { order_id: order.id.clone(), entries, balances }
    }
}

/// The columns of the CSV, in their order, which stays; new ones come behind.
pub const COLUMNS: [&str; 14] = [
    "at",
    "order_id",
    "channel",
    "channel_order_id",
    "commit",
    "posting",
    "event",
    "account",
    "provider",
    "currency",
    "debit",
    "credit",
    "subject",
    "reference",
];

/// The entries as CSV (RFC 4180) in UTF-8, with a header line.
#[must_use]
pub fn csv(entries: &[LedgerEntryView]) -> String {
    let mut text = COLUMNS.join(",");
    text.push_str("\r\n");
    for entry in entries {
        let or_empty = |field: &Option<String>| field.clone().unwrap_or_default();
        let fields = [
            entry.at.to_string(),
            entry.order_id.to_string(),
            entry.channel.to_string(),
            entry.channel_order_id.to_string(),
            entry.commit.to_string(),
            entry.posting.to_string(),
            entry.event.clone(),
            entry.side.account.to_owned(),
            entry.side.provider.unwrap_or_default().to_owned(),
            entry.side.currency.to_owned(),
            or_empty(&entry.side.debit),
            or_empty(&entry.side.credit),
            or_empty(&entry.subject),
            or_empty(&entry.reference),
        ];
        text.push_str(&fields.map(|field| cell(&field)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell. A text that a spreadsheet would take for a formula gets an apostrophe: channels and providers choose their own
/// numbers. No amount begins so, since debits and credits have no sign.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use oms_domain::body::Provider;
    use oms_domain::event::Actor;
    use oms_domain::ledger::Account;

    fn record(channel_order_id: &str, reference: &str) -> CommitRecord {
        let entry = |account, minor| Entry { account, minor };
        CommitRecord {
            order_id: OrderId::parse("0123456789ABCDEFGHIJKLMNOP").unwrap(),
            seq: 3,
            first_event: 7,
            at: "2026-11-11T00:02:00.5Z".parse().unwrap(),
            actor: Actor::system(),
            cause: None,
            channel: Channel::parse("web").unwrap(),
            channel_order_id: ChannelOrderId::parse(channel_order_id).unwrap(),
            events: Vec::new(),
            postings: vec![Posting {
                event: "payment_captured".into(),
                subject: Some("P01".into()),
                reference: Some(reference.into()),
                currency: Currency::parse("CNY").unwrap(),
                entries: vec![entry(Account::Captured(Provider::Stripe), 18_600), entry(Account::Suspense, -18_600)],
            }],
        }
    }

    fn written(channel_order_id: &str, reference: &str) -> String {
        let record = record(channel_order_id, reference);
        csv(&entries(&record, &record.postings).collect::<Vec<_>>())
    }

    #[test]
    fn a_line_for_each_entry() {
        let order = "2026-11-11T00:02:00.5Z,0123456789ABCDEFGHIJKLMNOP,web,W-1001,3,1,payment_captured";
        let expected = format!(
            "at,order_id,channel,channel_order_id,commit,posting,event,account,provider,currency,debit,credit,subject,reference\r\n\
             {order},captured,stripe,CNY,186.00,,P01,pi_1\r\n\
             {order},suspense,,CNY,,186.00,P01,pi_1\r\n"
        );
        assert_eq!(written("W-1001", "pi_1"), expected);
    }

    #[test]
    fn columns_are_the_members() {
        let record = record("W-1001", "pi_1");
        let lines = entries(&record, &record.postings).map(|entry| serde_json::to_value(entry).unwrap());
        let mut members: Vec<String> = Vec::new();
        for line in lines {
            members.extend(line.as_object().unwrap().keys().cloned());
        }
        for column in COLUMNS {
            assert!(members.iter().any(|member| member == column), "{column}");
        }
        assert!(members.iter().all(|member| COLUMNS.contains(&member.as_str())));
    }

    #[test]
    fn texts_stay_in_their_cells_and_start_no_formula() {
        for (text, expected) in [
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "'=1+1"),
            ("@x,y", "\"'@x,y\""),
            ("-5", "'-5"),
            ("订单1", "订单1"),
        ] {
            let csv = written("W-1001", text);
            assert!(csv.lines().nth(1).unwrap().ends_with(&format!(",P01,{expected}")), "{csv}");
        }
    }
}
