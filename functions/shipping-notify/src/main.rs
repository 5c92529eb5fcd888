//! Wires shipments.

use std::sync::Arc;

use oms_app::carriers::Carriers;
use oms_app::queries::Queries;
use oms_aws::{Clients, Secrets, Tables};
use oms_lambda::auth::Credentials;
use oms_lambda::{config::Env, http, telemetry};
use oms_providers::carriers::standard::{self, StandardCarrier};
use oms_providers::secret::StandardCarrierSecrets;
use shipping_notify::{CarrierCallbacks, Deps, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let secrets = Secrets::new(clients.secretsmanager());
    let credentials = Credentials::parse(&secrets.text(&env.credentials_secret_arn()?).await?)?;
    let mut callbacks = CarrierCallbacks::new();
    if let Some(arn) = env.standard_carrier_secret_arn() {
        let secrets = StandardCarrierSecrets::parse(&secrets.text(&arn).await?)?;
        callbacks.insert(standard::NAME.into(), Box::new(StandardCarrier::new(&secrets)?));
    }
    tables.orders.warm().await;
    let carriers = Carriers { engine, tracking: tables.orders.clone() };
    let queries = Queries { orders: tables.orders.clone(), lists: tables.orders.clone() };
    let deps = Deps { credentials, carriers, queries, callbacks: Arc::new(callbacks) };
    http::serve(router(deps)).await
}
