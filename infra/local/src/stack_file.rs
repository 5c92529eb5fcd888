//! `stack.json`: everything that a client or a test needs to use a stack, local or on AWS.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::deploy::{Resource, STACK_NAME};
use crate::engine::{self, REGION};
use crate::error::{LocalError, Result};
use crate::secrets::Secrets;
use crate::wallets;

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
    /// WeChat Pay.
    #[serde(default)]
    pub wechatpay: Wechatpay,
    /// Alipay.
    #[serde(default)]
    pub alipay: Alipay,
    /// Adyen.
    #[serde(default)]
    pub adyen: Adyen,
    /// PayPal.
    #[serde(default)]
    pub paypal: Paypal,
}

/// What signs as WeChat Pay, checks what the stack signs, and where the stack believes WeChat Pay's API to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wechatpay {
    /// The merchant's number.
    pub mchid: String,
    /// The merchant's app.
    pub appid: String,
    /// What notifications are sealed with.
    pub api_v3_key: String,
    /// The name of WeChat Pay's key, for `Wechatpay-Serial`.
    pub platform_serial: String,
    /// Its private half, PEM.
    pub platform_private_key: String,
    /// The number of the merchant's certificate.
    pub merchant_serial: String,
    /// The public half of its key, PEM.
    pub merchant_public_key: String,
    /// The address that the stack calls.
    pub api_base: String,
}

/// What signs as Alipay, checks what the stack signs, and where the stack believes Alipay's gateway to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alipay {
    /// The app.
    pub app_id: String,
    /// The account that takes money through it.
    pub seller_id: String,
    /// Alipay's private key, PEM.
    pub private_key: String,
    /// The app's public key, PEM.
    pub app_public_key: String,
    /// The address that the stack calls, without `/gateway.do`.
    pub api_base: String,
}

/// What signs as Adyen, what the stack shows to Adyen, and where it believes Adyen's API to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Adyen {
    /// The account that takes the money.
    pub merchant_account: String,
    /// What signs webhooks: 64 hex digits.
    pub hmac_key: String,
    /// The key that the stack sends to the API.
    pub api_key: String,
    /// The address that the stack calls, without the version.
    pub api_base: String,
}

/// What signs as PayPal, what the stack shows to PayPal, and where it believes PayPal's API to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Paypal {
    /// The webhook, whose id is part of what is signed.
    pub webhook_id: String,
    /// PayPal's private key, PEM.
    pub private_key: String,
    /// Its certificate, PEM.
    pub certificate: String,
    /// The account that takes the money.
    pub merchant_id: String,
    /// The app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The address that the stack calls.
    pub api_base: String,
}

impl Providers {
    /// Those of a local stack. `api_base` says where each provider's API is taken to be, by the provider's name.
    pub fn of_local(secrets: &Secrets, api_base: impl Fn(&str) -> String) -> Self {
        Self {
            stripe: Stripe {
                webhook_secret: secrets.stripe_webhook.clone(),
                api_key: secrets.stripe_api_key.clone(),
                api_base: api_base("stripe"),
            },
            wechatpay: Wechatpay {
                mchid: wallets::MCHID.to_owned(),
                appid: wallets::APPID.to_owned(),
                api_v3_key: secrets.wechatpay_api_v3_key.clone(),
                platform_serial: wallets::PLATFORM_SERIAL.to_owned(),
                platform_private_key: wallets::THEIRS.to_owned(),
                merchant_serial: wallets::MERCHANT_SERIAL.to_owned(),
                merchant_public_key: wallets::OUR_PUBLIC_KEY.to_owned(),
                api_base: api_base("wechatpay"),
            },
            alipay: Alipay {
                app_id: wallets::APP_ID.to_owned(),
                seller_id: wallets::SELLER_ID.to_owned(),
                private_key: wallets::THEIRS.to_owned(),
                app_public_key: wallets::OUR_PUBLIC_KEY.to_owned(),
                api_base: api_base("alipay"),
            },
            adyen: Adyen {
                merchant_account: wallets::MERCHANT_ACCOUNT.to_owned(),
                hmac_key: secrets.adyen_hmac_key.clone(),
                api_key: secrets.adyen_api_key.clone(),
                api_base: api_base("adyen"),
            },
            paypal: Paypal {
                webhook_id: wallets::WEBHOOK_ID.to_owned(),
                private_key: wallets::THEIRS.to_owned(),
                certificate: wallets::THEIR_CERTIFICATE.to_owned(),
                merchant_id: wallets::MERCHANT_ID.to_owned(),
                client_id: wallets::CLIENT_ID.to_owned(),
                client_secret: secrets.paypal_client_secret.clone(),
                api_base: api_base("paypal"),
            },
        }
    }
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
        api_base: impl Fn(&str) -> String,
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
            providers: Providers::of_local(secrets, api_base),
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
            wechatpay_api_v3_key: "v3".into(),
            adyen_api_key: "AQE".into(),
            adyen_hmac_key: "44".into(),
            paypal_client_secret: "EP".into(),
            standard_carrier: "whsec_2".into(),
            warehouse_webhook: "whsec_3".into(),
            benefits: "whsec_4".into(),
        };
        let api = Resource { logical: "HttpApi".into(), physical: "abc".into(), kind: "AWS::ApiGatewayV2::Api".into() };
        StackFile::of_local(4600, &secrets, |name| format!("http://{name}"), &[api], outputs)
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
        assert_eq!(value["providers"]["wechatpay"]["api_v3_key"], "v3");
        assert_eq!(value["providers"]["alipay"]["api_base"], "http://alipay");
        assert_eq!(value["providers"]["adyen"]["hmac_key"], "44");
        assert_eq!(value["providers"]["paypal"]["api_base"], "http://paypal");
        assert_eq!(value["carriers"]["standard"]["webhook_secret"], "whsec_2");
        assert_eq!(value["tables"]["orders"], "the OrdersTable");
        assert_eq!(value["queues"]["stimuli"], "the StimuliQueueUrl");
        assert_eq!(value["dead_letter_queues"]["publisher"], "the PublisherDeadLetterQueueUrl");
        assert_eq!(value["state_machines"]["reversal"], "the ReversalArn");
        assert!(!value.to_string().contains("whsec_4"), "only this stack signs with the secret of coupons and points");
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
