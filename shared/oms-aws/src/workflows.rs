//! Express workflows, started and awaited.
//!
//! A synchronous execution is at most once and answers 200 also when it failed, so the answer's `status` is what counts. It
//! cannot be stopped: a caller that gives up leaves it running, and starts it again later, beside it. Steps bear that.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sfn::config::retry::RetryConfig;
use aws_sdk_sfn::config::timeout::TimeoutConfig;
use aws_sdk_sfn::config::{Builder, ConfigBag, Intercept, RuntimeComponents, StalledStreamProtectionConfig};
use aws_sdk_sfn::error::BoxError;
use aws_sdk_sfn::types::SyncExecutionStatus;
use oms_app::error::WorkflowError;
use oms_app::ports::{Stimulus, Workflows};
use oms_domain::wake::Work;
use serde_json::json;

use crate::errors;

/// Names under which steps fail for good (see the state machines).
const LASTING: &[&str] = &["OrderNotFound", "Malformed"];

/// The state machine for each kind of work.
#[derive(Debug, Clone)]
pub struct WorkflowArns {
    /// From received to reserved.
    pub placement: String,
    /// From paid to released shipments.
    pub fulfilment: String,
    /// Money and stock back.
    pub reversal: String,
}

/// Synchronous Express workflows.
#[derive(Debug, Clone)]
pub struct ExpressWorkflows {
    client: Client,
    arns: WorkflowArns,
    deadline: Duration,
}

impl ExpressWorkflows {
    /// Runs these state machines, each execution for at most `deadline` as far as the caller is concerned.
    pub fn new(client: Client, arns: WorkflowArns, deadline: Duration) -> Self {
        Self { client, arns, deadline }
    }

    fn arn(&self, work: Work) -> &str {
        match work {
            Work::Placement => &self.arns.placement,
            Work::Fulfilment => &self.arns.fulfilment,
            Work::Reversal => &self.arns.reversal,
        }
    }
}

#[async_trait]
impl Workflows for ExpressWorkflows {
    async fn run(&self, stimulus: &Stimulus) -> Result<(), WorkflowError> {
        // One attempt with the whole deadline: a retry would run a second execution beside the first.
        let settings = Builder::new()
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_timeout(self.deadline)
                    .operation_attempt_timeout(self.deadline)
                    .build(),
            );
        let output = self
            .client
            .start_sync_execution()
            .state_machine_arn(self.arn(stimulus.work))
            // No name: names are remembered, and the same order comes again.
            .input(json!({ "order_id": stimulus.order_id }).to_string())
            .customize()
            .interceptor(PlainLoopbackHost)
            .config_override(settings)
            .send()
            .await
            .map_err(|e| WorkflowError::Failed(errors::describe(&e)))?;
        if output.status == SyncExecutionStatus::Succeeded {
            return Ok(());
        }
        let name = output.error.as_deref().unwrap_or("no error name");
        let detail = format!(
            "{} {}: {name}: {}",
            output.execution_arn,
            output.status.as_str(),
            // The cause is a step's own text; a bounded part of it is enough to find its log.
            output.cause.as_deref().unwrap_or("no cause").chars().take(500).collect::<String>(),
        );
        Err(if LASTING.contains(&name) { WorkflowError::Refused(detail) } else { WorkflowError::Failed(detail) })
    }
}

/// Takes the `sync-` away that the SDK puts before the host for this call, where the host is the machine itself: a
/// loopback address has no such name. Addresses of AWS are left alone.
#[derive(Debug)]
struct PlainLoopbackHost;

impl Intercept for PlainLoopbackHost {
    fn name(&self) -> &'static str {
        "PlainLoopbackHost"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if let Some(uri) = without_sync_prefix(request.uri()) {
            request.set_uri(uri)?;
        }
        Ok(())
    }
}

/// The address without `sync-`, for a loopback host.
fn without_sync_prefix(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://sync-")?;
    let authority = rest.split(['/', '?']).next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let loopback = host == "localhost"
        || host.ends_with(".localhost")
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    loopback.then(|| format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::without_sync_prefix;

    #[test]
    fn only_loopback_hosts_lose_the_prefix() {
        assert_eq!(without_sync_prefix("http://sync-127.0.0.1:4566/").as_deref(), Some("http://127.0.0.1:4566/"));
        assert_eq!(without_sync_prefix("http://sync-localhost:4566/x?y").as_deref(), Some("http://localhost:4566/x?y"));
        assert_eq!(without_sync_prefix("https://sync-states.us-east-1.amazonaws.com/"), None);
        assert_eq!(without_sync_prefix("http://sync-10.0.0.1:4566/"), None);
        assert_eq!(without_sync_prefix("http://127.0.0.1:4566/"), None);
    }
}
