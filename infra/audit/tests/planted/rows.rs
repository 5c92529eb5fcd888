//! Right histories in wrong rows.

use audit::Check;
use audit::beside::Beside;
use aws_sdk_dynamodb::types::AttributeValue;
use oms_aws::keys;
use oms_aws::rows::{BODY, G_LEDGER, G_TASK, Item, NEWS, NO, SK};
use oms_domain::task::Role;

use crate::Planted;
use crate::life::{Life, check};

fn changed(
    kind: Check,
    what: &'static str,
    says: &'static str,
    life: &Life,
    change: impl FnOnce(&mut Vec<Item>),
) -> Planted {
    let mut rows = life.rows();
    change(&mut rows);
    Planted { check: kind, what, says, found: check(rows, &life.beside()) }
}

fn missing(
    kind: Check,
    what: &'static str,
    says: &'static str,
    life: &Life,
    change: impl FnOnce(&mut Beside),
) -> Planted {
    let mut beside = life.beside();
    change(&mut beside);
    Planted { check: kind, what, says, found: check(life.rows(), &beside) }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The rows whose place begins like this.
fn of<'a>(rows: &'a mut [Item], prefix: &'a str) -> impl Iterator<Item = &'a mut Item> {
    rows.iter_mut().filter(move |row| row[SK].as_s().unwrap().starts_with(prefix))
}

fn put(rows: &mut [Item], prefix: &str, name: &str, value: AttributeValue) {
    of(rows, prefix).last().expect("a row").insert(name.to_owned(), value);
}

fn drop(rows: &mut Vec<Item>, prefix: &str) {
    let before = rows.len();
    rows.retain(|row| !row[SK].as_s().unwrap().starts_with(prefix));
    assert!(rows.len() < before, "there is a row to drop");
}

pub fn planted() -> Vec<Planted> {
    let (released, held) = (Life::released(), Life::held().first(2));
    vec![
        changed(
            Check::Ledger,
            "a payment in another day's ledger",
            "commit 3 stands in the ledger of 2025-01-01#0, not of 2025-11-13#",
            &released,
            |rows| put(rows, "E#00000003", G_LEDGER, text("2025-01-01#0")),
        ),
        changed(
            Check::Ledger,
            "a payment in no day's ledger",
            "commit 3 stands in the ledger of no day, not of 2025-11-13#",
            &released,
            |rows| {
                of(rows, "E#00000003").last().unwrap().remove(G_LEDGER);
            },
        ),
        changed(Check::Unreadable, "half a commit", "row E#00000004 cannot be read", &released, |rows| {
            put(rows, "E#", BODY, text("{\"order_id\":\"王芳"));
        }),
        changed(Check::Unreadable, "a commit without a body", "row E#00000004 has no body", &released, |rows| {
            of(rows, "E#").last().unwrap().remove(BODY);
        }),
        changed(Check::Unreadable, "a task that cannot be read", "cannot be read at line 1 column 2", &held, |rows| {
            put(rows, "T#", BODY, text("[]"))
        }),
        changed(
            Check::CommitNumbers,
            "a commit under another number",
            "commit 4 expected, row 9 holds commit 4 of",
            &released,
            |rows| {
                put(rows, "E#", SK, text(keys::commit(9)));
            },
        ),
        changed(
            Check::CommitNumbers,
            "a commit under no number",
            "commit 4 expected, row ? holds commit 4 of",
            &released,
            |rows| {
                put(rows, "E#", SK, text("E#first"));
            },
        ),
        changed(Check::CommitNumbers, "rows of an order without commits", "has rows and no commit", &held, |rows| {
            drop(rows, "E#")
        }),
        changed(
            Check::EventNumbers,
            "another event number beside the commit",
            "commit 4 begins with event 7 (1 beside it), expected 7",
            &released,
            |rows| {
                put(rows, "E#", NO, AttributeValue::N("1".into()));
            },
        ),
        changed(
            Check::EventNumbers,
            "no event number beside the commit",
            "commit 4 begins with event 7 (none beside it), expected 7",
            &released,
            |rows| {
                of(rows, "E#").last().unwrap().remove(NO);
            },
        ),
        changed(Check::News, "news without its mark", "commit 4 is not marked as news", &released, |rows| {
            of(rows, "E#").last().unwrap().remove(NEWS);
        }),
        changed(Check::News, "a mark on what is no news", "commit 1 is marked as news", &released, |rows| {
            of(rows, "E#").next().unwrap().insert(NEWS.to_owned(), text("1"));
        }),
        changed(Check::Tasks, "a task is missing", "(hold) is missing", &held, |rows| drop(rows, "T#")),
        changed(Check::Tasks, "a task that nothing asks for", "is open, and nothing asks for it", &released, |rows| {
            let task = held.rows().pop().unwrap();
            rows.push(task);
        }),
        changed(
            Check::Tasks,
            "a task since another time",
            "is not the task that the order's state asks for",
            &held,
            |rows| {
                let body = of(rows, "T#").last().unwrap()[BODY].as_s().unwrap().replace("2025-11-13", "2025-11-12");
                put(rows, "T#", BODY, text(body));
            },
        ),
        changed(Check::Tasks, "a task on another desk", "is on the wrong desk", &held, |rows| {
            put(rows, "T#", G_TASK, text(keys::tasks_of(Role::Finance)));
        }),
        missing(Check::WorkList, "a shipment in no list", "does not stand in L#sz-1#open", &released, |beside| {
            beside.pointers.retain(|(pk, _)| !pk.starts_with("L#"));
        }),
        missing(
            Check::WorkList,
            "a shipment that was shipped and is still to be done",
            "does not stand in L#sz-1#done",
            &Life::delivered(),
            |beside| beside.pointers.retain(|(pk, _)| !pk.ends_with("#done")),
        ),
        missing(
            Check::Tracking,
            "a tracking number that leads nowhere",
            "is not found by its tracking number",
            &Life::delivered(),
            |beside| beside.pointers.retain(|(pk, _)| !pk.starts_with("N#")),
        ),
        missing(
            Check::WakeRow,
            "a waiting order that the sweep does not see",
            "waits for reversal, and no timer would wake it",
            &released,
            |beside| beside.timed.clear(),
        ),
        missing(
            Check::WakeRow,
            "money beyond the total that nothing sends back",
            "waits for reversal, and no timer would wake it",
            &overpaid(),
            |beside| beside.timed.clear(),
        ),
    ]
}

fn overpaid() -> Life {
    Life::delivered().first(6).then(vec![crate::life::captured("200.00")])
}
