//! Wires the look-ups and commands.

use oms_app::queries::Queries;
use oms_aws::{Clients, Secrets, Tables};
use oms_lambda::auth::Credentials;
use oms_lambda::{config::Env, http, telemetry};
use orders::{Deps, TaskDesk, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let secrets = Secrets::new(clients.secretsmanager());
    let credentials = Credentials::parse(&secrets.text(&env.credentials_secret_arn()?).await?)?;
    tables.orders.warm().await;
    let queries = Queries { orders: tables.orders.clone(), lists: tables.orders.clone() };
    http::serve(router(Deps { credentials, engine, queries, tasks: TaskDesk(tables.orders) })).await
}
