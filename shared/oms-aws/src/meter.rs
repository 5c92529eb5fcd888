//! Counts what DynamoDB calls cost, by what DynamoDB itself says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

/// What was consumed, in tenths of a unit (a unit comes in halves).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consumed {
    /// Calls that succeeded. A refused one costs as much and does not say so.
    pub calls: u64,
    /// Write units × 10, transactions counted twice as they are billed.
    pub write_tenths: u64,
    /// Read units × 10.
    pub read_tenths: u64,
}

/// An interceptor that asks for each call's consumed capacity and adds it up by operation.
///
/// Give it to [`crate::Clients::dynamodb_metered`]. It costs a few bytes in each answer, so it is for tests and for the
/// meter, not for production.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<BTreeMap<&'static str, Consumed>>>);

impl Meter {
    /// What was consumed since the last call of this function, by operation.
    #[must_use]
    pub fn take(&self) -> BTreeMap<&'static str, Consumed> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The sum over all operations since the last time.
    #[must_use]
    pub fn take_sum(&self) -> Consumed {
        self.take().into_values().fold(Consumed::default(), |sum, one| Consumed {
            calls: sum.calls + one.calls,
            write_tenths: sum.write_tenths + one.write_tenths,
            read_tenths: sum.read_tenths + one.read_tenths,
        })
    }

    fn add(&self, operation: &'static str, writes: bool, capacities: &[ConsumedCapacity]) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(operation).or_default();
        count.calls += 1;
        for capacity in capacities {
            let total = tenths(capacity.capacity_units);
            if writes {
                count.write_tenths += total;
            } else {
                count.read_tenths += total;
            }
        }
    }
}

/// Units come as floating-point numbers in steps of a half.
#[allow(clippy::float_arithmetic, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
fn tenths(units: Option<f64>) -> u64 {
    (units.unwrap_or(0.0) * 10.0).round() as u64
}

macro_rules! metered {
    ($($input:ident, $output:ident, $name:literal, $writes:literal;)+) => {
        impl Intercept for Meter {
            fn name(&self) -> &'static str {
                "Meter"
            }

            fn modify_before_serialization(
                &self,
                context: &mut BeforeSerializationInterceptorContextMut<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                // By index, since DynamoDB Local forgets the indexes in its totals of transactions.
                $(if let Some(input) = context.input_mut().downcast_mut::<$input>() {
                    input.return_consumed_capacity = Some(ReturnConsumedCapacity::Indexes);
                })+
                Ok(())
            }

            fn read_after_execution(
                &self,
                context: &FinalizerInterceptorContextRef<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                if let Some(Ok(output)) = context.output_or_error() {
                    $(if let Some(output) = output.downcast_ref::<$output>() {
                        let capacities: Vec<ConsumedCapacity> =
                            output.consumed_capacity.clone().into_iter().flat_map(Several::several).collect();
                        self.add($name, $writes, &capacities);
                    })+
                }
                Ok(())
            }
        }
    };
}

/// One table's capacity, or several tables'.
trait Several {
    fn several(self) -> Vec<ConsumedCapacity>;
}

impl Several for ConsumedCapacity {
    fn several(self) -> Vec<ConsumedCapacity> {
        vec![self]
    }
}

impl Several for Vec<ConsumedCapacity> {
    fn several(self) -> Vec<ConsumedCapacity> {
        self
    }
}

metered! {
    BatchGetItemInput, BatchGetItemOutput, "BatchGetItem", false;
    DeleteItemInput, DeleteItemOutput, "DeleteItem", true;
    GetItemInput, GetItemOutput, "GetItem", false;
    PutItemInput, PutItemOutput, "PutItem", true;
    QueryInput, QueryOutput, "Query", false;
    TransactWriteItemsInput, TransactWriteItemsOutput, "TransactWriteItems", true;
    UpdateItemInput, UpdateItemOutput, "UpdateItem", true;
}
