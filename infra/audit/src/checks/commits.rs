//! The numbers of commits and events, whether they leave, and what each commit was caused by.

use std::collections::BTreeSet;

use oms_domain::outgoing::Publish;

use super::Findings;
use crate::report::Check;
use crate::rows::OrderRows;

pub(super) fn check(rows: &OrderRows, findings: &mut Findings<'_>) {
    findings.hold(Check::CommitNumbers, !rows.commits.is_empty(), || "has rows and no commit".into());
    let mut causes = BTreeSet::new();
    let (mut expected, mut next_event) = (1, 1);
    for commit in &rows.commits {
        let record = &commit.record;
        let in_place = commit.seq == Some(expected) && record.seq == expected && record.order_id == rows.id;
        findings.hold(Check::CommitNumbers, in_place, || {
            let key = commit.seq.map_or_else(|| "?".to_owned(), |seq| seq.to_string());
            format!("commit {expected} expected, row {key} holds commit {} of {}", record.seq, record.order_id)
        });
        let numbered = record.first_event == next_event && commit.no == i64::try_from(record.first_event).ok();
        findings.hold(Check::EventNumbers, numbered, || {
            let beside = commit.no.map_or_else(|| "none".to_owned(), |no| no.to_string());
            format!(
                "commit {} begins with event {} ({beside} beside it), expected {next_event}",
                record.seq, record.first_event
            )
        });
        findings
            .hold(Check::EventNumbers, !record.events.is_empty(), || format!("commit {} has no events", record.seq));
        findings.hold(Check::News, commit.news == Publish::Milestones.takes(record), || {
            format!("commit {} is {}marked as news", record.seq, if commit.news { "" } else { "not " })
        });
        // One mistake is told once: whatever stands there, the next one goes on from it.
        expected = record.seq.saturating_add(1);
        next_event = record.first_event.saturating_add(record.events.len() as u64);
        if let Some(cause) = &record.cause {
            findings.hold(Check::Causes, causes.insert(cause), || {
                format!("{cause} has its effect in commit {} again", record.seq)
            });
        }
    }
}
