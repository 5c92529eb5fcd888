//! Wires the beginning of payments.

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_app::ports::Clock;
use oms_app::starting::Starting;
use oms_aws::{Clients, Secrets, Tables};
use oms_domain::body::Provider;
use oms_lambda::auth::Credentials;
use oms_lambda::config::{ConfigError, Env};
use oms_lambda::{http, telemetry};
use oms_providers::connected::Surroundings;
use oms_providers::on_demand::{Configured, OnDemand};
use payment_start::{Deps, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let secrets = Arc::new(Secrets::new(clients.secretsmanager()));
    let credentials = Credentials::parse(&secrets.text(&env.credentials_secret_arn()?).await?)?;
    let gateways = Arc::new(OnDemand::new(secrets, configured(&env, &engine.clock)?));
    tables.orders.warm().await;
    let starting = Starting { engine, gateways, offered: env.start_payments()? };
    http::serve(router(Deps { credentials, starting })).await
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
