//! Wires the validation step.

use std::sync::Arc;

use oms_app::ports::BenefitService;
use oms_aws::{Clients, Secrets, Tables};
use oms_lambda::{config::Env, step::serve_steps, telemetry};
use oms_providers::benefits::{Benefits, BenefitsConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let mut benefits: Option<Arc<dyn BenefitService>> = None;
    if let Some((url, secret)) = env.benefits()? {
        let secrets = Arc::new(Secrets::new(clients.secretsmanager()));
        benefits = Some(Arc::new(Benefits::new(BenefitsConfig::at(url, secret), secrets, engine.clock.clone())?));
    }
    tables.orders.warm().await;
    serve_steps(move |event| {
        let (engine, benefits) = (engine.clone(), benefits.clone());
        async move { validation::handle(event, &engine, benefits.as_deref()).await }
    })
    .await
}
