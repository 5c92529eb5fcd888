//! Wires the payment callbacks.

use std::sync::Arc;

use oms_aws::{Clients, Secrets, Tables};
use oms_domain::body::Provider;
use oms_lambda::{config::Env, http, telemetry};
use oms_providers::secret::StripeSecrets;
use oms_providers::stripe::StripeCallbacks;
use payment_callback::{Deps, Providers, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let mut providers = Providers::new();
    if let Some(arn) = env.stripe_secret_arn() {
        let secrets = StripeSecrets::parse(&Secrets::new(clients.secretsmanager()).text(&arn).await?)?;
        providers.insert(Provider::Stripe, Box::new(StripeCallbacks::new(&secrets)?));
    }
    tables.orders.warm().await;
    http::serve(router(Deps {
        engine,
        tasks: tables.orders.clone(),
        providers: Arc::new(providers),
        stage: env.stage(),
    }))
    .await
}
