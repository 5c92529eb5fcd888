//! The audit of the stack's tables, and proof that it is not blind.

use audit::{Check, Report, Tables};
use local_stack::clock;
use oms_aws::Clients;
use serde_json::{Value, json};

use crate::stack::shared::Local;
use crate::world::Product;

/// Reads all tables, as `cargo local audit` does.
pub async fn audited(local: &Local) -> Report {
    let stack = &local.stack;
    let clients = Clients::at(stack.engine_url.as_deref().unwrap()).await;
    let tables = Tables {
        client: clients.dynamodb(),
        orders: stack.tables["orders"].clone(),
        stock: stack.tables["stock"].clone(),
    };
    audit::audit(&tables, clock::now()).await.unwrap()
}

/// That the audit finds nothing.
pub async fn agrees(local: &Local) -> Report {
    let report = audited(local).await;
    assert!(report.violations.is_empty(), "{report}");
    report
}

/// Plants a unit held for nobody and takes a commit away: the same audit over the same tables must tell both.
pub async fn is_not_blind(local: &Local, product: &Product, order_id: &str) {
    let call = async |target: &str, body: Value| local.engine.call(&format!("DynamoDB_20120810.{target}"), &body).await;
    let shelf = json!({ "pk": { "S": format!("SKU#{}", product.sku) }, "sk": { "S": "LOC#sz-1" } });
    let held = async |by: i64| {
        call(
            "UpdateItem",
            json!({
                "TableName": local.stack.tables["stock"], "Key": shelf, "UpdateExpression": "SET held = held + :by",
                "ExpressionAttributeValues": { ":by": { "N": by.to_string() } },
            }),
        )
        .await
    };
    let orders = &local.stack.tables["orders"];
    let key = json!({ "pk": { "S": format!("O#{order_id}") }, "sk": { "S": "E#00000002" } });
    let commit = call("GetItem", json!({ "TableName": orders, "Key": key })).await["Item"].clone();
    assert!(commit.is_object(), "{order_id} has a second commit");
    held(1).await;
    call("DeleteItem", json!({ "TableName": orders, "Key": key })).await;
    let report = audited(local).await;
    call("PutItem", json!({ "TableName": orders, "Item": commit })).await;
    held(-1).await;

    let told =
        |check: Check, about: &str| report.violations.iter().any(|v| v.check == check && v.subject.contains(about));
    for (check, about) in [
        (Check::Promises, product.sku.as_str()),
        (Check::StockRow, product.sku.as_str()),
        (Check::CommitNumbers, order_id),
    ] {
        assert!(told(check, about), "{} of {about} is not told:\n{report}", check.name());
    }
    agrees(local).await;
}
