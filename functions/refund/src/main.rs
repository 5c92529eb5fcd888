//! Wires the compensating step.

use std::sync::Arc;

use oms_app::reversal::Gateways;
use oms_aws::{Clients, Secrets, Tables};
use oms_domain::body::Provider;
use oms_lambda::{config::Env, step::serve_steps, telemetry};
use oms_providers::secret::StripeSecrets;
use oms_providers::stripe::{StripeClient, StripeConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let mut gateways = Gateways::new();
    if let Some(arn) = env.stripe_secret_arn() {
        let secrets = StripeSecrets::parse(&Secrets::new(clients.secretsmanager()).text(&arn).await?)?;
        let config = StripeConfig { api_base: env.stripe_api_base()?, ..StripeConfig::default() };
        gateways.insert(Provider::Stripe, Arc::new(StripeClient::new(&secrets, &config)?));
    }
    tables.orders.warm().await;
    let gateways = Arc::new(gateways);
    serve_steps(move |event| {
        let (engine, gateways) = (engine.clone(), gateways.clone());
        async move { refund::handle(event, &engine, &gateways).await }
    })
    .await
}
