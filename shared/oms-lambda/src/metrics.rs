//! Metrics as log lines in CloudWatch's embedded metric format (EMF): no call, no agent, nothing to wait for.
//!
//! Format: "Specification: Embedded metric format", Amazon CloudWatch User Guide. A line is one JSON object whose `_aws`
//! member says which of its other members are metrics and which are dimensions; the rest are properties, which cost
//! nothing and may have any number of values (ids belong there).

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Waybill";

/// One line of metrics.
#[derive(Debug, Clone, Default)]
#[must_use = "a line says nothing before it is emitted"]
pub struct Metrics {
    dimensions: Map<String, Value>,
    properties: Map<String, Value>,
    metrics: Vec<(&'static str, &'static str, u64)>,
}

impl Metrics {
    /// A line of one function in one stage.
    pub fn new(function: &str, stage: &str) -> Self {
        Self::default().dimension("function", function).dimension("stage", stage)
    }

    /// Money that from now on waits for a person. Several functions see that, and one alarm watches all of them, so that the
    /// function is no dimension here.
    pub fn money_waits(function: &str, stage: &str, times: usize) -> Self {
        let line = Self::default().dimension("stage", stage).property("function", function);
        line.count("MoneyWaits", u64::try_from(times).unwrap_or(u64::MAX))
    }

    /// A dimension: every combination of values is a metric of its own and is paid for, so only values of a short list.
    pub fn dimension(mut self, name: &str, value: &str) -> Self {
        self.dimensions.insert(name.into(), value.into());
        self
    }

    /// A property: found in the log, no dimension.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// So many of something.
    pub fn count(mut self, name: &'static str, value: u64) -> Self {
        self.metrics.push((name, "Count", value));
        self
    }

    /// A duration in milliseconds.
    pub fn milliseconds(mut self, name: &'static str, value: u64) -> Self {
        self.metrics.push((name, "Milliseconds", value));
        self
    }

    /// The line's JSON at a time.
    #[must_use]
    pub fn to_json(&self, at: Timestamp) -> Value {
        let mut line = self.properties.clone();
        line.extend(self.dimensions.clone());
        let names: Vec<&String> = self.dimensions.keys().collect();
        let metrics: Vec<Value> =
            self.metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
        line.insert(
            "_aws".into(),
            json!({
                "Timestamp": at.as_millisecond(),
                "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [names], "Metrics": metrics}],
            }),
        );
        for (name, _, value) in &self.metrics {
            line.insert((*name).into(), (*value).into());
        }
        Value::Object(line)
    }

    /// Writes the line to standard output, which CloudWatch reads.
    pub fn emit(&self) {
        #[expect(clippy::disallowed_methods, reason = "the time of a log line decides nothing")]
        let line = self.to_json(Timestamp::now());
        // Nobody is left to tell when standard output is gone.
        let _lost = writeln!(std::io::stdout().lock(), "{line}");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    #[test]
    fn a_line_has_the_embedded_metric_format() {
        let line = Metrics::new("intake", "prod")
            .dimension("channel", "web")
            .property("order_id", "o1")
            .count("OrdersAccepted", 1)
            .milliseconds("CommitTime", 12)
            .to_json(Timestamp::from_millisecond(1_762_800_000_123).unwrap());
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_762_800_000_123_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Waybill",
                        "Dimensions": [["channel", "function", "stage"]],
                        "Metrics": [
                            {"Name": "OrdersAccepted", "Unit": "Count"},
                            {"Name": "CommitTime", "Unit": "Milliseconds"},
                        ],
                    }],
                },
                "function": "intake", "stage": "prod", "channel": "web", "order_id": "o1",
                "OrdersAccepted": 1, "CommitTime": 12,
            })
        );
    }

    #[test]
    fn money_that_waits_is_one_metric_whoever_sees_it() {
        for function in ["publisher", "timers", "payment-callback"] {
            let line = Metrics::money_waits(function, "prod", 2).to_json(Timestamp::UNIX_EPOCH);
            let told = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(told["Dimensions"], json!([["stage"]]), "{function}");
            assert_eq!(told["Metrics"], json!([{"Name": "MoneyWaits", "Unit": "Count"}]), "{function}");
            let said = (&line["function"], &line["stage"], &line["MoneyWaits"]);
            assert_eq!(said, (&json!(function), &json!("prod"), &json!(2)));
        }
    }
}
