//! The SDK's clients over one HTTPS client: one connection pool, one set of trusted certificates, one TLS stack.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::keys;
use crate::meter::Meter;
use crate::rows;

/// A connection within a region takes milliseconds; a second is a lost packet.
const CONNECT: Duration = Duration::from_secs(1);
/// One attempt. DynamoDB answers within tens of milliseconds; whoever waits longer waits for a broken connection.
const ATTEMPT: Duration = Duration::from_secs(3);
/// A call with all its attempts, below the shortest time-out of a function that makes it (10 s).
const CALL: Duration = Duration::from_secs(7);
/// Attempts of one call (the SDK makes it four for DynamoDB). More only add load where there is too much: what comes
/// behind has retries of its own.
const ATTEMPTS: u32 = 3;
/// The longest wait after a first throttled attempt; it doubles. Other failures are tried again after 25 to 50 ms.
const THROTTLED_BACKOFF: Duration = Duration::from_millis(200);
/// The longest wait between attempts.
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// Makes the clients.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
}

impl Clients {
    /// Region, credentials and endpoint from the environment, as Lambda (or the local engine) sets them.
    pub async fn from_env() -> Self {
        Self { config: loader().load().await }
    }

    /// Against an engine on this machine, which takes any credentials.
    pub async fn at(endpoint: &str) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "local");
        let loader = loader().region(Region::new("us-east-1")).credentials_provider(credentials).endpoint_url(endpoint);
        Self { config: loader.load().await }
    }

    /// DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// DynamoDB, with every call's consumed capacity counted.
    #[must_use]
    pub fn dynamodb_metered(&self, meter: &Meter) -> aws_sdk_dynamodb::Client {
        let config = self.dynamodb().config().to_builder().interceptor(meter.clone()).build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    /// SQS.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// Step Functions.
    #[must_use]
    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.config)
    }

    /// EventBridge.
    #[must_use]
    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.config)
    }

    /// Secrets Manager.
    #[must_use]
    pub fn secretsmanager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }
}

fn loader() -> ConfigLoader {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(THROTTLED_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF);
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts).retry_config(retries)
}

/// One cheap call (half a read unit, of a row that is never there), so that DNS, TCP, TLS and the credentials are done
/// with before the first request: TLS alone took 745 of the 912 ms of a first call at 128 MB. A failure is of no
/// consequence: without permission to read, the connection is open all the same.
pub async fn warm(client: &aws_sdk_dynamodb::Client, table: &str) {
    let read = client.get_item().table_name(table).set_key(Some(rows::key("WARM", keys::ALONE)));
    if let Err(error) = read.send().await {
        tracing::debug!(error = crate::errors::describe(&error), "the warming call failed");
    }
}
