//! Wires the payment callbacks.

use std::sync::Arc;

use oms_aws::{Clients, Secrets, Tables};
use oms_lambda::{config::Env, http, telemetry};
use payment_callback::{Deps, providers, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let secrets = Secrets::new(clients.secretsmanager()).texts(env.provider_secret_arns()).await?;
    let providers = Arc::new(providers(&secrets)?);
    tables.orders.warm().await;
    http::serve(router(Deps { engine, tasks: tables.orders.clone(), providers, stage: env.stage() })).await
}
