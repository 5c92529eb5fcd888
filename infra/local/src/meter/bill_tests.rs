//! The bill, against figures that were worked out by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Basis, Service, dollars, durations, storage};
use crate::meter::counts::Counts;
use crate::meter::facts::{Facts, Function, Trigger};
use crate::meter::prices::Prices;
use crate::meter::units::{Place, Units};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn facts() -> Facts {
    let function = |memory, trigger| Function { memory, platform_lines: true, trigger };
    let functions = BTreeMap::from([
        ("edge".to_owned(), function(512, Trigger::Caller)),
        ("step".to_owned(), function(256, Trigger::Caller)),
        ("dispatcher".to_owned(), function(256, Trigger::Queue)),
    ]);
    Facts { functions, ..Facts::default() }
}

fn counted(name: &str, count: u64) -> BTreeMap<String, u64> {
    BTreeMap::from([(name.to_owned(), count)])
}

/// The formula's own example figures: ten requests, 38 write units, 4 events, 6 KB of logs.
#[test]
fn the_formulas_terms_come_out() {
    let mut units = Units::default();
    units.write(Place::table("orders"), decimal("38"));
    units.read(Place::table("orders"), decimal("16"));
    let counts = Counts {
        http: counted("edge", 10),
        units,
        queue_calls: 5,
        events: 4,
        own_log_bytes: 6144,
        ..Counts::default()
    };
    let prices = Prices::own().unwrap();
    let bill = dollars(&counts, Basis { prices: &prices, facts: &facts(), cpu: &BTreeMap::new() });
    let million = Decimal::from(1_000_000);
    let per_million = |service| (bill[&service] * million).round_dp(2).normalize().to_string();
    assert_eq!(per_million(Service::HttpApi), "10");
    assert_eq!(per_million(Service::Writes), "23.75");
    assert_eq!(per_million(Service::Reads), "2");
    assert_eq!(per_million(Service::Queues), "2");
    assert_eq!(per_million(Service::Events), "4");
    assert_eq!(per_million(Service::Logs), "2.86");
}

#[test]
fn an_execution_is_billed_by_its_tenths_and_its_starter_waits() {
    let counts = Counts {
        invocations: BTreeMap::from([("step".to_owned(), 2), ("dispatcher".to_owned(), 1)]),
        calls: BTreeMap::from([(("dispatcher".to_owned(), "StepFunctions StartSyncExecution".to_owned()), 1)]),
        waited_ms: counted("step", 40),
        executions: 1,
        ..Counts::default()
    };
    let prices = Prices::own().unwrap();
    let facts = facts();
    let cpu = BTreeMap::from([("step".to_owned(), decimal("1"))]);
    let basis = Basis { prices: &prices, facts: &facts, cpu: &cpu };
    let durations = durations(&counts, basis);
    // 1 ms on 256/1769 of a CPU is 6.9 ms, billed as 7; two of them, and 40 ms of waiting.
    assert_eq!(durations.functions["step"], decimal("54"));
    // The tasks, two invocations of 10 ms, five states of 10 ms.
    assert_eq!(durations.executions, decimal("124"));
    assert_eq!(durations.functions["dispatcher"], decimal("125"));
    // $1 and two tenths of a second of 64 MB, a million times.
    let bill = dollars(&counts, basis);
    assert_eq!(bill[&Service::StepFunctions] * decimal("1000000"), decimal("1.208375"));
    // One batch from the queue: a receive and a delete.
    assert_eq!(bill[&Service::Queues] * decimal("1000000"), decimal("0.8"));
}

#[test]
fn http_requests_explain_invocations_and_workflows_the_rest() {
    let counts = Counts { http: counted("edge", 2), invocations: counted("edge", 3), ..Counts::default() };
    assert_eq!(counts.tasks("edge", &facts()), 1);
    assert_eq!(counts.tasks("dispatcher", &facts()), 0);
}

#[test]
fn a_gigabyte_is_kept_for_its_price() {
    let gigabyte = Decimal::from(1024_u64 * 1024 * 1024);
    let prices = Prices::own().unwrap();
    assert_eq!(storage(gigabyte * Decimal::TWO, gigabyte, &prices), decimal("0.70"));
}
