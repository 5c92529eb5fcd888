//! Wires the dispatcher.

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use dispatcher::Deps;
use lambda_runtime::{LambdaEvent, run, service_fn};
use oms_aws::{Clients, ExpressWorkflows, SqsRedelivery, WorkflowArns};
use oms_lambda::{config::Env, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let deadline = env.item_deadline()?;
    let [placement, fulfilment, reversal] = env.state_machines()?;
    let arns = WorkflowArns { placement, fulfilment, reversal };
    let clients = Clients::from_env().await;
    let deps = Deps {
        workflows: Arc::new(ExpressWorkflows::new(clients.sfn(), arns, deadline)),
        redelivery: Arc::new(SqsRedelivery::new(clients.sqs(), env.stimuli_queue_url()?)),
        deadline,
    };
    run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let deps = deps.clone();
        async move { Ok::<_, lambda_runtime::Error>(dispatcher::handle(event.payload, &deps).await) }
    }))
    .await
}
