//! `stack.json`: everything that a client or a test needs to use a stack, local or on AWS.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::deploy::{Resource, STACK_NAME};
use crate::engine::{self, REGION};
use crate::error::{LocalError, Result};
use crate::secrets::Secrets;

/// The whole file. Fields that a reader does not know are left alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackFile {
    /// The HTTP API; paths such as `/v1/orders` go behind it.
    pub api_url: String,
    /// The engine; none for a stack on AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_url: Option<String>,
    /// The AWS region.
    pub region: String,
    /// The CloudFormation stack.
    pub stack_name: String,
    /// What goes after `Authorization: Bearer `, by the credential's name.
    pub credentials: BTreeMap<String, String>,
    /// What is needed to sign as a payment provider.
    pub providers: Providers,
    /// What is needed to sign as a carrier.
    pub carriers: Carriers,
    /// Table names by purpose.
    pub tables: BTreeMap<String, String>,
    /// Queue addresses by purpose.
    pub queues: BTreeMap<String, String>,
    /// Dead-letter queue addresses, under the name of the queue or function that they belong to.
    pub dead_letter_queues: BTreeMap<String, String>,
    /// State machine ARNs by name.
    pub state_machines: BTreeMap<String, String>,
    /// All outputs of the stack as they stand.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
}

/// Payment providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Providers {
    /// Stripe.
    pub stripe: Stripe,
}

/// What signs as Stripe, and where the stack believes Stripe's API to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stripe {
    /// `whsec_…`.
    pub webhook_secret: String,
    /// The key that the stack sends to the API.
    #[serde(default)]
    pub api_key: String,
    /// The address that the stack calls for refunds.
    #[serde(default)]
    pub api_base: String,
}

/// Carriers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carriers {
    /// The carrier that speaks Standard Webhooks.
    pub standard: Carrier,
}

/// What signs as a carrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carrier {
    /// `whsec_` and base64 of the key.
    pub webhook_secret: String,
}

impl StackFile {
    /// Puts together what a deployment to a local engine gave.
    ///
    /// # Errors
    /// The stack lacks an output or the API.
    pub fn of_local(
        port: u16,
        secrets: &Secrets,
        stripe_api_base: &str,
        resources: &[Resource],
        outputs: BTreeMap<String, String>,
    ) -> Result<Self> {
        let api = resources
            .iter()
            .find(|resource| resource.kind == "AWS::ApiGatewayV2::Api")
            .ok_or_else(|| LocalError::call("reading the stack", "it has no AWS::ApiGatewayV2::Api"))?;
        let engine_url = engine::url(port);
        Ok(Self {
            // The engine serves the `$default` stage at the root as well; a `$` would be a nuisance in a shell.
            api_url: format!("{engine_url}/_aws/execute-api/{}", api.physical),
            engine_url: Some(engine_url),
            region: REGION.to_owned(),
            stack_name: STACK_NAME.to_owned(),
            credentials: secrets.credentials.clone(),
            providers: Providers {
                stripe: Stripe {
                    webhook_secret: secrets.stripe_webhook.clone(),
                    api_key: secrets.stripe_api_key.clone(),
                    api_base: stripe_api_base.to_owned(),
                },
            },
            carriers: Carriers { standard: Carrier { webhook_secret: secrets.standard_carrier.clone() } },
            tables: named(&outputs, &[("orders", "OrdersTable"), ("stock", "StockTable")])?,
            queues: named(&outputs, &[("stimuli", "StimuliQueueUrl"), ("deliveries", "DeliveriesQueueUrl")])?,
            dead_letter_queues: named(
                &outputs,
                &[
                    ("stimuli", "StimuliDeadLetterQueueUrl"),
                    ("deliveries", "DeliveriesDeadLetterQueueUrl"),
                    ("publisher", "PublisherDeadLetterQueueUrl"),
                ],
            )?,
            state_machines: named(
                &outputs,
                &[("placement", "PlacementArn"), ("fulfilment", "FulfilmentArn"), ("reversal", "ReversalArn")],
            )?,
            outputs,
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It is not there or no such file.
    pub fn read(path: &Path) -> Result<Self> {
        let context = format!("reading {}", path.display());
        let text = std::fs::read_to_string(path).map_err(LocalError::io(context.clone()))?;
        serde_json::from_str(&text).map_err(LocalError::engine(context))
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let context = format!("writing {}", path.display());
        let text = serde_json::to_string_pretty(self).map_err(LocalError::engine(context.clone()))?;
        let beside = path.with_extension("json.new");
        std::fs::write(&beside, format!("{text}\n")).map_err(LocalError::io(context.clone()))?;
        std::fs::rename(&beside, path).map_err(LocalError::io(context))
    }

    /// The name of the table that holds orders; empty where the file does not name it.
    pub fn orders_table(&self) -> &str {
        self.tables.get("orders").map(String::as_str).unwrap_or_default()
    }

    /// A credential's token.
    ///
    /// # Errors
    /// The file has none of that name.
    pub fn token(&self, name: &str) -> Result<&str> {
        self.credentials
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| LocalError::call("reading the credentials", format!("there is none named `{name}`")))
    }
}

/// Outputs under the names that the file has for them.
fn named(outputs: &BTreeMap<String, String>, names: &[(&str, &str)]) -> Result<BTreeMap<String, String>> {
    names
        .iter()
        .map(|(name, output)| {
            let value = outputs
                .get(*output)
                .ok_or_else(|| LocalError::call("reading the stack", format!("it has no output {output}")))?;
            Ok(((*name).to_owned(), value.clone()))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::collections::BTreeMap;

    use super::StackFile;
    use crate::deploy::Resource;
    use crate::secrets::Secrets;

    fn outputs() -> BTreeMap<String, String> {
        [
            "OrdersTable",
            "StockTable",
            "StimuliQueueUrl",
            "DeliveriesQueueUrl",
            "StimuliDeadLetterQueueUrl",
            "DeliveriesDeadLetterQueueUrl",
            "PublisherDeadLetterQueueUrl",
            "PlacementArn",
            "FulfilmentArn",
            "ReversalArn",
        ]
        .into_iter()
        .map(|name| (name.to_owned(), format!("the {name}")))
        .collect()
    }

    fn file(outputs: BTreeMap<String, String>) -> crate::error::Result<StackFile> {
        let secrets = Secrets {
            credentials: [("manager".to_owned(), "m".to_owned())].into(),
            order_id_key: "k".into(),
            stripe_api_key: "sk_test_1".into(),
            stripe_webhook: "whsec_1".into(),
            standard_carrier: "whsec_2".into(),
            warehouse_webhook: "whsec_3".into(),
        };
        let api = Resource { logical: "HttpApi".into(), physical: "abc".into(), kind: "AWS::ApiGatewayV2::Api".into() };
        StackFile::of_local(4600, &secrets, "http://127.0.0.1:4601", &[api], outputs)
    }

    #[test]
    fn the_file_has_what_the_contract_names() {
        let value = serde_json::to_value(file(outputs()).unwrap()).unwrap();
        assert_eq!(value["api_url"], "http://127.0.0.1:4600/_aws/execute-api/abc");
        assert_eq!(value["engine_url"], "http://127.0.0.1:4600");
        assert_eq!(value["region"], "us-east-1");
        assert_eq!(value["stack_name"], "waybill-local");
        assert_eq!(value["credentials"]["manager"], "m");
        assert_eq!(value["providers"]["stripe"]["webhook_secret"], "whsec_1");
        assert_eq!(value["carriers"]["standard"]["webhook_secret"], "whsec_2");
        assert_eq!(value["tables"]["orders"], "the OrdersTable");
        assert_eq!(value["queues"]["stimuli"], "the StimuliQueueUrl");
        assert_eq!(value["dead_letter_queues"]["publisher"], "the PublisherDeadLetterQueueUrl");
        assert_eq!(value["state_machines"]["reversal"], "the ReversalArn");
        assert!(!value.to_string().contains("whsec_3"), "only this stack signs with the warehouse's secret");
    }

    #[test]
    fn a_missing_output_is_named() {
        let mut outputs = outputs();
        outputs.remove("ReversalArn");
        assert!(file(outputs).unwrap_err().to_string().contains("ReversalArn"));
    }

    #[test]
    fn a_file_for_aws_needs_no_engine() {
        let mut value = serde_json::to_value(file(outputs()).unwrap()).unwrap();
        value.as_object_mut().unwrap().remove("engine_url");
        value["some_later_field"] = serde_json::json!(1);
        let read: StackFile = serde_json::from_value(value).unwrap();
        assert_eq!(read.engine_url, None);
    }
}
