//! Stock rows that say something else than all orders together.

use audit::promises::{Promises, Stock};
use audit::twins::Twins;
use audit::{Check, Violation};
use aws_sdk_dynamodb::types::AttributeValue;
use oms_aws::rows::Item;

use crate::Planted;
use crate::life::{Life, row};

const COUNTERS: [&str; 6] = ["on_hand", "held", "committed", "safety_stock", "free", "version"];

fn shelf(counters: [i64; 6]) -> Item {
    let mut row = row("SKU#TEE-M", "LOC#sz-1", &[]);
    row.extend(COUNTERS.iter().zip(counters).map(|(name, n)| ((*name).to_owned(), AttributeValue::N(n.to_string()))));
    row
}

fn stock(rows: &[Item]) -> Stock {
    let mut stock = Stock::default();
    rows.iter().for_each(|row| stock.add(row));
    stock
}

/// One order has committed two, another holds two.
fn promises() -> Promises {
    let mut promises = Promises::default();
    promises.add(&Life::released().order());
    promises.add(&Life::held().order());
    promises
}

fn compared(rows: &[Item]) -> Vec<Violation> {
    let mut found = Vec::new();
    promises().compare(&stock(rows), &stock(rows), &mut found);
    found
}

pub fn planted() -> Vec<Planted> {
    let wrong = |check, what, says, counters| Planted { check, what, says, found: compared(&[shelf(counters)]) };
    let mut lame = shelf([10, 2, 2, 1, 5, 4]);
    lame.remove("held");
    let mut twins = Twins::default();
    let order = Life::released().order();
    let found = [twins.note(&order), twins.note(&order)].into_iter().flatten().collect();
    vec![
        wrong(
            Check::Promises,
            "a unit leaked: held for nobody",
            "the row has 3 held and 2 committed, all orders together 2 and 2",
            [10, 3, 2, 1, 4, 4],
        ),
        wrong(
            Check::Promises,
            "a promise that the shelf does not know",
            "the row has 2 held and 1 committed, all orders together 2 and 2",
            [10, 2, 1, 1, 6, 4],
        ),
        wrong(
            Check::Promises,
            "held and committed are swapped",
            "the row has 4 held and 0 committed, all orders together 2 and 2",
            [10, 4, 0, 1, 5, 4],
        ),
        Planted {
            check: Check::Promises,
            what: "promised where there is no shelf",
            says: "orders hold 2 and have committed 2 where there is no stock row",
            found: compared(&[]),
        },
        wrong(Check::StockRow, "fewer than nothing on the shelf", "on_hand is -1", [-1, 2, 2, 0, -5, 4]),
        wrong(Check::StockRow, "fewer than nothing held", "held is -2", [10, -2, 2, 0, 10, 4]),
        wrong(Check::StockRow, "fewer than nothing committed", "committed is -2", [10, 2, -2, 0, 10, 4]),
        wrong(
            Check::StockRow,
            "free does not follow from the rest",
            "free is 6, the other counters make it 5",
            [10, 2, 2, 1, 6, 4],
        ),
        Planted {
            check: Check::Unreadable,
            what: "a counter is missing",
            says: "a counter is missing",
            found: compared(&[lame]),
        },
        Planted {
            check: Check::Twins,
            what: "two orders of one number",
            says: "another order is web's W-1001 too",
            found,
        },
    ]
}

#[test]
fn shelves_that_agree_are_compared_and_shelves_that_move_are_not() {
    let right = shelf([10, 2, 2, 1, 5, 4]);
    assert!(compared(std::slice::from_ref(&right)).is_empty());
    let mut found = Vec::new();
    let later = shelf([10, 3, 2, 1, 4, 5]);
    assert_eq!(promises().compare(&stock(std::slice::from_ref(&right)), &stock(&[later]), &mut found), (0, 1));
    assert_eq!(
        promises().compare(&stock(std::slice::from_ref(&right)), &stock(std::slice::from_ref(&right)), &mut found),
        (1, 0)
    );
    assert!(found.is_empty(), "{found:?}");
    let products = [row("SKU#TEE-M", "PRODUCT", &[]), row("LOCATIONS", "sz-1", &[])];
    assert!(stock(&products).rows.is_empty() && stock(&products).unreadable.is_empty());
}
