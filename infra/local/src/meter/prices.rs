//! List prices, and what is assumed where this machine cannot measure: data, in `prices.json`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::error::{LocalError, Result};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
pub struct Prices {
    /// Where these prices hold.
    pub region: String,
    /// When they were looked up.
    pub looked_up: String,
    /// Where.
    pub source: String,
    /// The prices.
    pub dollars: Dollars,
    /// The assumptions.
    pub assumed: Assumed,
}

/// Dollars for one of each.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Dollars {
    pub http_request: Decimal,
    pub lambda_request: Decimal,
    pub lambda_gb_second: Decimal,
    pub standard_transition: Decimal,
    pub express_request: Decimal,
    pub express_gb_second: Decimal,
    pub write_unit: Decimal,
    pub read_unit: Decimal,
    pub queue_request: Decimal,
    pub event: Decimal,
    pub log_gb: Decimal,
    pub table_gb_month: Decimal,
    pub backup_gb_month: Decimal,
    pub secret_call: Decimal,
    pub transfer_out_gb: Decimal,
    pub alarm_month: Decimal,
    pub secret_month: Decimal,
    pub metric_month: Decimal,
}

/// What is assumed.
#[derive(Clone, Debug, Deserialize)]
pub struct Assumed {
    /// The reason for assuming.
    pub why: String,
    /// The memory with which a function has one whole CPU; with less it has that share.
    pub full_cpu_mb: u64,
    /// What a function waits for an answer, by service and operation.
    pub wait_ms: BTreeMap<String, u64>,
    /// For all other calls.
    pub other_wait_ms: u64,
    /// What a call of a payment provider takes.
    pub provider_ms: u64,
    /// Functions that make one in each invocation.
    pub provider_functions: Vec<String>,
    /// What Step Functions needs to go from one state to the next.
    pub express_state_ms: u64,
    /// What an invocation from a workflow, or of a function at all, takes beside the function.
    pub express_invoke_ms: u64,
    /// What an execution of ours is billed for at least.
    pub express_memory_mb: u64,
    /// Lambda's pollers of a quiet queue.
    pub pollers: u64,
    /// For how long each of their requests waits.
    pub poll_seconds: u64,
    /// What storage of a row, or of an index's entry, is billed beside its own bytes.
    pub row_overhead_bytes: u64,
    /// Bytes of the access log's variables.
    pub access_log_bytes: BTreeMap<String, u64>,
    /// Bytes of Lambda's own lines, which differ from the engine's.
    pub platform_log_bytes: BTreeMap<String, u64>,
}

impl Prices {
    /// Those of the file beside this one.
    ///
    /// # Errors
    /// The file is wrong.
    pub fn own() -> Result<Self> {
        serde_json::from_str(include_str!("prices.json")).map_err(LocalError::engine("reading prices.json"))
    }
}

impl Assumed {
    /// What a function waits for a call.
    pub fn wait(&self, service: &str, operation: &str) -> u64 {
        self.wait_ms.get(&format!("{service}.{operation}")).copied().unwrap_or(self.other_wait_ms)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::Prices;

    #[test]
    fn the_file_is_whole_and_dated() {
        let prices = Prices::own().unwrap();
        assert_eq!(prices.looked_up.len(), "2026-11-21".len());
        assert_eq!(prices.assumed.wait("DynamoDB", "TransactWriteItems"), 12);
        assert_eq!(prices.assumed.wait("Mars", "Land"), prices.assumed.other_wait_ms);
    }
}
