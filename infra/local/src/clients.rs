//! AWS clients that speak to the engine, and to nothing else.

use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::engine::REGION;

/// One set of clients for the engine at an address.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Stacks.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// Secrets.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Queues.
    pub sqs: aws_sdk_sqs::Client,
}

/// Each service's configuration is a type of its own with the same builder.
macro_rules! client {
    ($service:ident, $url:expr, $http:expr) => {{
        use $service::config::{BehaviorVersion, Builder, Credentials, Region};
        let config = Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new("test", "test", None, None, "the local engine checks none"))
            .endpoint_url($url)
            .http_client($http)
            .build();
        $service::Client::from_conf(config)
    }};
}

impl Clients {
    /// For the engine at this address. Nothing is asked of it yet.
    pub fn new(engine_url: &str) -> Self {
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        Self {
            cloudformation: client!(aws_sdk_cloudformation, engine_url, http.clone()),
            secrets: client!(aws_sdk_secretsmanager, engine_url, http.clone()),
            sqs: client!(aws_sdk_sqs, engine_url, http),
        }
    }
}
