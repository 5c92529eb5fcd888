//! Wires locations, products and stock.

use std::sync::Arc;

use inventory::{Deps, router};
use oms_app::inventory::Inventory;
use oms_aws::{Clients, Secrets, SystemClock, Tables};
use oms_lambda::auth::Credentials;
use oms_lambda::{config::Env, http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let secrets = Secrets::new(clients.secretsmanager());
    let credentials = Credentials::parse(&secrets.text(&env.credentials_secret_arn()?).await?)?;
    tables.stock.warm().await;
    let inventory =
        Inventory { stock: tables.stock.clone(), tasks: tables.orders.clone(), clock: Arc::new(SystemClock) };
    http::serve(router(Deps { credentials, inventory, stock: tables.stock })).await
}
