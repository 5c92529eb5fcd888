//! Wires the dispatcher.

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, run, service_fn};
use oms_app::ports::Workflows;
use oms_aws::{Clients, ExpressWorkflows, WorkflowArns};
use oms_lambda::{config::Env, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let deadline = env.item_deadline()?;
    let [placement, fulfilment, reversal] = env.state_machines()?;
    let arns = WorkflowArns { placement, fulfilment, reversal };
    let clients = Clients::from_env().await;
    let workflows: Arc<dyn Workflows> = Arc::new(ExpressWorkflows::new(clients.sfn(), arns, deadline));
    run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let workflows = workflows.clone();
        async move { Ok::<_, lambda_runtime::Error>(dispatcher::handle(event.payload, &workflows, deadline).await) }
    }))
    .await
}
