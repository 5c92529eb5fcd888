//! The stack's credentials and keys: random, made once, kept in `target/local`, and put into the engine's Secrets Manager
//! before the deployment, whose parameters name them.

use std::collections::BTreeMap;
use std::path::Path;

use aws_sdk_secretsmanager::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{LocalError, Result};
use crate::wallets;

/// Who may call the API: the name in `stack.json`, the role, the channels that it is bound to.
const CREDENTIALS: [(&str, &str, &[&str]); 6] = [
    ("storefront", "storefront", &["web", "app"]),
    ("channel_tmall", "channel", &["tmall"]),
    ("support", "support", &[]),
    ("finance", "finance", &[]),
    ("warehouse", "warehouse", &[]),
    ("manager", "manager", &[]),
];

/// All secrets of one stack. They protect nothing but this machine's loopback and are of no use elsewhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    /// Bearer tokens by the credential's name.
    pub credentials: BTreeMap<String, String>,
    /// 64 hex digits: makes order ids unguessable.
    pub order_id_key: String,
    /// What the stack sends to Stripe's API: `sk_test_…`.
    pub stripe_api_key: String,
    /// What signs Stripe's callbacks: `whsec_…`, used as it stands.
    pub stripe_webhook: String,
    /// What WeChat Pay seals its notifications with: 32 characters. The keys that sign are [`crate::wallets`]' own.
    pub wechatpay_api_v3_key: String,
    /// What the stack sends to Adyen's API.
    pub adyen_api_key: String,
    /// What signs Adyen's webhooks: 64 hex digits.
    pub adyen_hmac_key: String,
    /// What the stack asks PayPal for access tokens with. The key that signs webhooks is [`crate::wallets`]' own.
    pub paypal_client_secret: String,
    /// What signs the standard carrier's callbacks: `whsec_` and base64 of the key.
    pub standard_carrier: String,
    /// What signs the stack's own calls to warehouses: the same form.
    pub warehouse_webhook: String,
    /// What signs the stack's calls to the service that keeps count of coupons and points: the same form.
    pub benefits: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("credentials", &self.credentials.keys()).finish_non_exhaustive()
    }
}

impl Secrets {
    /// Those kept at this path, or new ones, which are then kept there, readable by the user alone.
    ///
    /// # Errors
    /// The file cannot be written, or there is no randomness.
    pub fn kept_at(path: &Path) -> Result<Self> {
        let kept = std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str::<Self>(&text).ok());
        // A list of credentials that has grown since makes the whole file anew: nothing else depends on it.
        if let Some(secrets) =
            kept.filter(|secrets| CREDENTIALS.iter().all(|(name, ..)| secrets.credentials.contains_key(*name)))
        {
            return Ok(secrets);
        }
        let secrets = Self::random()?;
        let text = serde_json::to_string_pretty(&secrets).map_err(LocalError::engine("writing the secrets"))?;
        write_private(path, &text).map_err(LocalError::io(format!("writing {}", path.display())))?;
        Ok(secrets)
    }

    fn random() -> Result<Self> {
        let mut credentials = BTreeMap::new();
        for (name, ..) in CREDENTIALS {
            credentials.insert(name.to_owned(), format!("wbl_{name}_{}", hex::<24>()?));
        }
        Ok(Self {
            credentials,
            order_id_key: hex::<32>()?,
            stripe_api_key: format!("sk_test_{}", hex::<24>()?),
            stripe_webhook: format!("whsec_{}", hex::<24>()?),
            wechatpay_api_v3_key: hex::<16>()?,
            adyen_api_key: format!("AQE{}", hex::<24>()?),
            adyen_hmac_key: hex::<32>()?,
            paypal_client_secret: format!("EP{}", hex::<24>()?),
            standard_carrier: format!("whsec_{}", STANDARD.encode(random::<32>()?)),
            warehouse_webhook: format!("whsec_{}", STANDARD.encode(random::<32>()?)),
            benefits: format!("whsec_{}", STANDARD.encode(random::<32>()?)),
        })
    }

    /// Each secret's name, the template parameter that takes its ARN, and its value.
    fn documents(&self) -> [(&'static str, &'static str, Value); 10] {
        let credentials: Vec<Value> = CREDENTIALS
            .iter()
            .map(|(name, role, channels)| {
                let token = self.credentials.get(*name);
                let mut entry = json!({ "name": name, "token": token, "role": role });
                if !channels.is_empty()
                    && let Some(object) = entry.as_object_mut()
                {
                    object.insert("channels".to_owned(), json!(channels));
                }
                entry
            })
            .collect();
        [
            ("waybill/local/credentials", "CredentialsSecretArn", json!({ "credentials": credentials })),
            ("waybill/local/order-id", "OrderIdSecretArn", json!({ "key": self.order_id_key })),
            (
                "waybill/local/stripe",
                "StripeSecretArn",
                json!({ "api_key": self.stripe_api_key, "webhook_secrets": [self.stripe_webhook] }),
            ),
            ("waybill/local/wechatpay", "WechatpaySecretArn", wallets::wechatpay::secret(&self.wechatpay_api_v3_key)),
            ("waybill/local/alipay", "AlipaySecretArn", wallets::alipay::secret()),
            (
                "waybill/local/adyen",
                "AdyenSecretArn",
                wallets::adyen::secret(&self.adyen_api_key, &self.adyen_hmac_key),
            ),
            ("waybill/local/paypal", "PaypalSecretArn", wallets::paypal::secret(&self.paypal_client_secret)),
            (
                "waybill/local/standard-carrier",
                "StandardCarrierSecretArn",
                json!({ "webhook_secrets": [self.standard_carrier] }),
            ),
            (
                "waybill/local/warehouse-webhook",
                "WarehouseWebhookSecretArn",
                json!({ "webhook_secret": self.warehouse_webhook }),
            ),
            ("waybill/local/benefits", "BenefitsSecretArn", json!({ "webhook_secret": self.benefits })),
        ]
    }

    /// Puts them into the engine and answers with the template parameters that name them.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn put_into(&self, client: &Client) -> Result<BTreeMap<String, String>> {
        let mut parameters = BTreeMap::new();
        for (name, parameter, value) in self.documents() {
            let context = format!("storing the secret {name}");
            let created = client.create_secret().name(name).secret_string(value.to_string()).send().await;
            let arn = match created {
                Ok(answer) => answer.arn().map(str::to_owned),
                Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_exists_exception()) => {
                    client
                        .put_secret_value()
                        .secret_id(name)
                        .secret_string(value.to_string())
                        .send()
                        .await
                        .map_err(LocalError::engine(context.clone()))?
                        .arn()
                        .map(str::to_owned)
                }
                Err(error) => return Err(LocalError::engine(context)(error)),
            };
            let arn = arn.ok_or_else(|| LocalError::call(context, "the engine gave no ARN"))?;
            parameters.insert(parameter.to_owned(), arn);
        }
        Ok(parameters)
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(LocalError::engine("making a random key"))?;
    Ok(bytes)
}

/// `N` random bytes in lower-case hex.
pub(crate) fn hex<const N: usize>() -> Result<String> {
    Ok(data_encoding::HEXLOWER.encode(&random::<N>()?))
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::Secrets;

    #[test]
    fn the_documents_have_the_shapes_that_the_functions_read() {
        let secrets = Secrets::random().unwrap();
        let documents = secrets.documents();
        let by_parameter = |name: &str| &documents.iter().find(|(_, parameter, _)| *parameter == name).unwrap().2;
        let credentials = by_parameter("CredentialsSecretArn")["credentials"].as_array().unwrap();
        assert_eq!(credentials.len(), 6);
        assert_eq!(credentials[0]["channels"], serde_json::json!(["web", "app"]));
        assert_eq!(credentials[1]["name"], "channel_tmall");
        assert_eq!(credentials[1]["role"], "channel");
        assert!(credentials[2].get("channels").is_none());
        assert_eq!(by_parameter("OrderIdSecretArn")["key"].as_str().unwrap().len(), 64);
        assert!(by_parameter("StripeSecretArn")["api_key"].as_str().unwrap().starts_with("sk_test_"));
        assert_eq!(by_parameter("StripeSecretArn")["webhook_secrets"][0], secrets.stripe_webhook);
        assert_eq!(by_parameter("WarehouseWebhookSecretArn")["webhook_secret"], secrets.warehouse_webhook);
        assert_eq!(by_parameter("BenefitsSecretArn")["webhook_secret"], secrets.benefits);
    }

    #[test]
    fn they_are_made_once_and_readable_by_the_user_alone() {
        let folder = std::env::temp_dir().join(format!("waybill-secrets-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("secrets.json");
        let first = Secrets::kept_at(&path).unwrap();
        let second = Secrets::kept_at(&path).unwrap();
        assert_eq!(first.credentials, second.credentials);
        assert_eq!(first.order_id_key, second.order_id_key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn nothing_secret_is_printed() {
        let secrets = Secrets::random().unwrap();
        let text = format!("{secrets:?}");
        assert!(!text.contains(&secrets.stripe_webhook) && !text.contains(&secrets.credentials["manager"]), "{text}");
    }
}
