//! Wires the compensating step.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_app::ports::{BenefitService, Clock};
use oms_aws::{Clients, Secrets, Tables};
use oms_domain::body::Provider;
use oms_lambda::config::{ConfigError, Env};
use oms_lambda::{step::serve_steps, telemetry};
use oms_providers::benefits::{Benefits, BenefitsConfig};
use oms_providers::connected::Surroundings;
use oms_providers::on_demand::{Configured, OnDemand};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let secrets = Arc::new(Secrets::new(clients.secretsmanager()));
    let mut benefits: Option<Arc<dyn BenefitService>> = None;
    if let Some((url, secret)) = env.benefits()? {
        let config = BenefitsConfig::at(url, secret);
        benefits = Some(Arc::new(Benefits::new(config, secrets.clone(), engine.clock.clone())?));
    }
    let gateways = Arc::new(OnDemand::new(secrets, configured(&env, &engine.clock)?));
    tables.orders.warm().await;
    serve_steps(move |event| {
        let (engine, gateways, benefits) = (engine.clone(), gateways.clone(), benefits.clone());
        async move { refund::handle(event, &engine, gateways.as_ref(), benefits.as_deref()).await }
    })
    .await
}

/// The providers that are configured, each with where it is and where it finds us.
fn configured(env: &Env, clock: &Arc<dyn Clock>) -> Result<BTreeMap<Provider, Configured>, ConfigError> {
    let (mut bases, public) = (env.provider_api_bases()?, env.public_api_url()?);
    let configured = env.provider_secret_arns().into_iter().map(|(provider, secret)| {
        let callback_url = public.as_ref().map(|url| format!("{url}/v1/payments/{}/callbacks", provider.name()));
        let surroundings = Surroundings { api_base: bases.remove(&provider), callback_url, clock: clock.clone() };
        (provider, Configured { secret, surroundings })
    });
    Ok(configured.collect())
}
