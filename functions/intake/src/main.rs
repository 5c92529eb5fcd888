//! Wires the intake.

use intake::{Deps, router};
use oms_app::intake::{Intake, OrderIds};
use oms_aws::{Clients, Secrets, Tables};
use oms_lambda::auth::Credentials;
use oms_lambda::{config::Env, http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let secrets = Secrets::new(clients.secretsmanager());
    let credentials = Credentials::parse(&secrets.text(&env.credentials_secret_arn()?).await?)?;
    let ids = OrderIds::from_secret(&secrets.text(&env.order_id_secret_arn()?).await?)?;
    tables.orders.warm().await;
    http::serve(router(Deps { credentials, ids, intake: Intake { engine, keys: tables.orders.clone() } })).await
}
