//! The stores against engines: Amazon's DynamoDB Local, which refuses what AWS refuses, and the local engine, which the
//! local stack runs on. Tables are those of the template.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod bad_rows;
mod engine;
mod lost_answers;
mod ports;
mod refusals;
mod tables;
mod units;

mod dynamodb_local {
    use crate::engine::{DYNAMODB_LOCAL, Stores};

    async fn store(case: &str) -> Option<Stores> {
        DYNAMODB_LOCAL.stores(case).await
    }

    oms_testkit::conformance_tests!(store);
}

mod ministack {
    use crate::engine::{MINISTACK, Stores};

    async fn store(case: &str) -> Option<Stores> {
        MINISTACK.stores(case).await
    }

    oms_testkit::conformance_tests!(store);
}
