//! Secrets: JSON documents in Secrets Manager, read during init or when they are first needed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use futures::future::try_join_all;
use oms_app::error::PortError;
use oms_app::ports::SecretStore;
use serde::de::DeserializeOwned;

use crate::errors;

const PORT: &str = "secrets";

/// Secrets Manager.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// On a client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// The current value of a secret, parsed.
    ///
    /// # Errors
    /// [`PortError`] when it cannot be read or has another form; the value itself is in no message.
    pub async fn json<T: DeserializeOwned>(&self, arn: &str) -> Result<T, PortError> {
        let wrong = |what: String| PortError { port: PORT, detail: format!("{arn}: {what}") };
        serde_json::from_str(&self.text(arn).await?)
            .map_err(|e| wrong(format!("does not have the expected form (line {}, column {})", e.line(), e.column())))
    }

    /// The current value of a secret, for readers that check its form themselves.
    ///
    /// # Errors
    /// [`PortError`] when it cannot be read or is no text; the value itself is in no message.
    pub async fn text(&self, arn: &str) -> Result<String, PortError> {
        let wrong = |what: String| PortError { port: PORT, detail: format!("{arn}: {what}") };
        let output =
            self.client.get_secret_value().secret_id(arn).send().await.map_err(|e| wrong(errors::describe(&e)))?;
        output.secret_string().map(ToOwned::to_owned).ok_or_else(|| wrong("is not a text".into()))
    }

    /// The current values of several secrets, read at once: a start waits for the slowest of them, not for their sum.
    ///
    /// # Errors
    /// As [`Secrets::text`], for the first that fails.
    pub async fn texts<K: Ord>(&self, arns: BTreeMap<K, String>) -> Result<BTreeMap<K, String>, PortError> {
        let all = arns.into_iter().map(|(key, arn)| async move { Ok((key, self.text(&arn).await?)) });
        try_join_all(all).await.map(BTreeMap::from_iter)
    }
}

#[async_trait]
impl SecretStore for Secrets {
    async fn secret(&self, name: &str) -> Result<String, PortError> {
        self.text(name).await
    }
}
