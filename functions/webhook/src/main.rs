//! Wires the deliveries.

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, run, service_fn};
use oms_app::deliveries::Deliveries;
use oms_app::ports::WebhookSender;
use oms_aws::{Clients, Secrets, SqsRedelivery, SystemClock, Tables};
use oms_lambda::{config::Env, telemetry};
use oms_providers::secret::WarehouseSecrets;
use oms_providers::warehouse::{WarehouseConfig, WarehouseWebhooks};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let mut sender: Option<Arc<dyn WebhookSender>> = None;
    if let Some(arn) = env.warehouse_webhook_secret_arn() {
        let secrets = WarehouseSecrets::parse(&Secrets::new(clients.secretsmanager()).text(&arn).await?)?;
        let config = WarehouseConfig { allow_loopback: env.stage() == "local", ..WarehouseConfig::default() };
        sender = Some(Arc::new(WarehouseWebhooks::new(&secrets, &config)?));
    }
    tables.orders.warm().await;
    let deliveries = Deliveries { orders: tables.orders, stock: tables.stock, sender, clock: Arc::new(SystemClock) };
    let redelivery = Arc::new(SqsRedelivery::new(clients.sqs(), env.deliveries_queue_url()?));
    run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let (deliveries, redelivery) = (deliveries.clone(), redelivery.clone());
        async move { Ok::<_, lambda_runtime::Error>(webhook::handle(event.payload, &deliveries, redelivery.as_ref()).await) }
    }))
    .await
}
