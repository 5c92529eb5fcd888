//! The books: do they balance, do they say what the order says, and is each posting found by its day.

use oms_aws::keys;
use oms_domain::ledger::{self, Balances};
use oms_domain::order::Order;

use super::Findings;
use crate::report::Check;
use crate::rows::OrderRows;

pub(super) fn check(rows: &OrderRows, order: &Order, findings: &mut Findings<'_>) {
    let records: Vec<_> = rows.commits.iter().map(|commit| commit.record.clone()).collect();
    // What is no order is told by the checks of its commits.
    let Ok(history) = ledger::history(&records) else { return };
    let mut books = Balances::default();
    let mut kept = false;
    for (commit, postings) in rows.commits.iter().zip(&history) {
        let (record, seq) = (&commit.record, commit.record.seq);
        for posting in postings.iter() {
            let fits = posting.is_balanced() && posting.currency == order.body.currency && !posting.entries.is_empty();
            findings.hold(Check::Ledger, fits, || format!("{} of commit {seq} does not balance", posting.event));
            books.post(&posting.entries);
        }
        // A version that keeps books keeps them from then on: only what came before it is worked out.
        let stored = !record.postings.is_empty();
        findings.hold(Check::Ledger, stored || !kept || postings.is_empty(), || {
            format!("commit {seq} moves money and has no postings, as those before it have")
        });
        kept |= stored;
        let wanted = stored.then(|| keys::ledger_of(record.at, &record.order_id));
        findings.hold(Check::Ledger, commit.ledger == wanted, || {
            let day = |partition: &Option<String>| partition.clone().unwrap_or_else(|| "no day".into());
            format!("commit {seq} stands in the ledger of {}, not of {}", day(&commit.ledger), day(&wanted))
        });
    }
    let says = Balances::of(order);
    findings.hold(Check::Ledger, books == says, || {
        let all = |books: &Balances| {
            let texts: Vec<String> = books.entries().map(|e| format!("{} {}", e.account, e.minor)).collect();
            if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") }
        };
        format!("the postings come to {} and the order to {}", all(&books), all(&says))
    });
    findings.hold(Check::Ledger, says.sum() == 0, || format!("debits and credits differ by {}", says.sum()));
}
