//! Wires the publisher.

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{LambdaEvent, run, service_fn};
use oms_app::publish::Publisher;
use oms_app::receivers::Receivers;
use oms_aws::{Clients, EventBridgeBus, SystemClock, Tables};
use oms_lambda::{config::Env, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let stage = env.stage();
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let publisher = Publisher {
        bus: Arc::new(EventBridgeBus::new(clients.eventbridge(), env.event_bus_name()?)),
        timers: tables.orders.clone(),
        clock: Arc::new(SystemClock),
        publish: env.publish()?,
        receivers: Receivers::new(tables.stock, Arc::new(SystemClock)),
    };
    run(service_fn(move |event: LambdaEvent<Event>| {
        let (publisher, stage) = (publisher.clone(), stage.clone());
        async move {
            publisher::handle(event.payload, &publisher, &stage).await.map_err(lambda_runtime::Error::from).inspect_err(
                |error| {
                    tracing::error!(%error, "a batch of the stream failed");
                },
            )
        }
    }))
    .await
}
