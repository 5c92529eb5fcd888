//! Wires the validation step.

use oms_aws::{Clients, Tables};
use oms_lambda::{config::Env, step::serve_steps, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    tables.orders.warm().await;
    serve_steps(move |event| {
        let engine = engine.clone();
        async move { validation::handle(event, &engine).await }
    })
    .await
}
