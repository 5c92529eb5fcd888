//! Wires the sweep.

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, run, service_fn};
use oms_app::carriers::Carriers;
use oms_app::publish::Publisher;
use oms_app::receivers::Receivers;
use oms_app::sweep::Sweep;
use oms_aws::{Clients, EventBridgeBus, SystemClock, Tables};
use oms_lambda::{config::Env, telemetry};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let env = Env::process();
    telemetry::init(&env)?;
    let stage = env.stage();
    let clients = Clients::from_env().await;
    let tables = Tables::new(&clients, &env.orders_table()?, &env.stock_table()?);
    let engine = tables.engine(&clients, &env.stimuli_queue_url()?, env.policy()?);
    let bus = Arc::new(EventBridgeBus::new(clients.eventbridge(), env.event_bus_name()?));
    let sweep = Sweep {
        carriers: Carriers { engine, tracking: tables.orders.clone() },
        tasks: tables.orders.clone(),
        publisher: Publisher {
            bus,
            timers: tables.orders.clone(),
            clock: Arc::new(SystemClock),
            publish: env.publish()?,
            receivers: Receivers::new(tables.stock.clone(), Arc::new(SystemClock)),
        },
    };
    run(service_fn(move |_: LambdaEvent<IgnoredAny>| {
        let (sweep, stage) = (sweep.clone(), stage.clone());
        async move { Ok::<_, lambda_runtime::Error>(timers::handle(&sweep, &stage).await) }
    }))
    .await
}
