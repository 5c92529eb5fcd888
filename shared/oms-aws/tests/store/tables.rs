//! The tables of `infra/template.yaml`, which alone says what they look like.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};
use serde_yaml_ng::Value;

/// A table as the template declares it.
#[derive(Debug, Clone)]
pub struct Table(Value);

/// The table with a logical id.
pub fn of_template(logical_id: &str) -> Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml");
    let text = std::fs::read_to_string(path).expect("infra/template.yaml");
    let template: Value = serde_yaml_ng::from_str(&text).expect("a YAML document");
    let resource = &template["Resources"][logical_id];
    assert_eq!(resource["Type"].as_str(), Some("AWS::DynamoDB::Table"), "{logical_id}");
    Table(resource["Properties"].clone())
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value:?}"))
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_sequence().map_or(&[], Vec::as_slice)
}

fn key_schema(value: &Value) -> Vec<KeySchemaElement> {
    list(value, "KeySchema")
        .iter()
        .map(|key| {
            let kind = KeyType::from(text(key, "KeyType"));
            KeySchemaElement::builder().attribute_name(text(key, "AttributeName")).key_type(kind).build().unwrap()
        })
        .collect()
}

fn index(value: &Value) -> GlobalSecondaryIndex {
    let projection = &value["Projection"];
    let others: Vec<String> =
        list(projection, "NonKeyAttributes").iter().map(|name| name.as_str().expect("a name").to_owned()).collect();
    let projection = Projection::builder()
        .projection_type(ProjectionType::from(text(projection, "ProjectionType")))
        .set_non_key_attributes((!others.is_empty()).then_some(others))
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(text(value, "IndexName"))
        .set_key_schema(Some(key_schema(value)))
        .projection(projection)
        .build()
        .unwrap()
}

impl Table {
    /// Makes the table under another name.
    pub async fn create(&self, client: &Client, name: &str) {
        let attributes = list(&self.0, "AttributeDefinitions")
            .iter()
            .map(|attribute| {
                let kind = ScalarAttributeType::from(text(attribute, "AttributeType"));
                AttributeDefinition::builder()
                    .attribute_name(text(attribute, "AttributeName"))
                    .attribute_type(kind)
                    .build()
                    .unwrap()
            })
            .collect();
        let indexes: Vec<GlobalSecondaryIndex> = list(&self.0, "GlobalSecondaryIndexes").iter().map(index).collect();
        let stream = self.0["StreamSpecification"]["StreamViewType"].as_str().map(|view| {
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::from(view))
                .build()
                .unwrap()
        });
        client
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::from(text(&self.0, "BillingMode")))
            .set_attribute_definitions(Some(attributes))
            .set_key_schema(Some(key_schema(&self.0)))
            .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
            .set_stream_specification(stream)
            .send()
            .await
            .expect("a table like the template's");
        if let Some(attribute) = self.0["TimeToLiveSpecification"]["AttributeName"].as_str() {
            let ttl = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build().unwrap();
            client
                .update_time_to_live()
                .table_name(name)
                .time_to_live_specification(ttl)
                .send()
                .await
                .expect("a time to live");
        }
    }
}

#[test]
fn the_template_declares_both_tables() {
    let orders = of_template("OrdersTable");
    let names: Vec<&str> = list(&orders.0, "GlobalSecondaryIndexes").iter().map(|i| text(i, "IndexName")).collect();
    // Every index that the store reads.
    for index in ["customer", "day", "tasks", "payment", "ledger"] {
        assert!(names.contains(&index), "{index} is not in the template");
    }
    assert_eq!(orders.0["TimeToLiveSpecification"]["AttributeName"].as_str(), Some(oms_aws::rows::TTL));
    assert!(list(&of_template("StockTable").0, "GlobalSecondaryIndexes").is_empty());
}
