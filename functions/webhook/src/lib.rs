//! Tells locations' own systems about their shipments, by signed webhook.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use oms_app::deliveries::{Deliveries, News};
use oms_app::ports::Redelivery;
use oms_lambda::sqs;
use serde::Deserialize;

/// What the bus puts on the queue: its own envelope, with our CloudEvent as the detail.
#[derive(Deserialize)]
struct BusEvent {
    detail: News,
}

/// Delivers a batch; what was not delivered comes back, and ends in the dead-letter queue.
pub async fn handle(event: SqsEvent, deliveries: &Deliveries, redelivery: &dyn Redelivery) -> SqsBatchResponse {
    sqs::each(event, None, redelivery, |event: BusEvent, _| async move {
        let news = event.detail;
        let told = deliveries.deliver(&news).await?;
        tracing::info!(order_id = %news.data.order_id, told, "{told} locations told");
        Ok::<_, oms_app::error::AppError>(())
    })
    .await
}
