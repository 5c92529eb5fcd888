//! Every port with faults around it.

use std::future::Future;

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::{PortError, StoreError, WorkflowError};
use oms_app::pointers::{Pointer, WorkEntry, WorkList};
use oms_app::ports::{
    BenefitRequest, BenefitReturn, BenefitService, CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, Commit,
    EventBus, Goods, KeyState, KeyStore, ListKey, LoadedOrder, OrderLists, OrderStore, Page, ParkedFact, ParkedScan,
    PaymentGateway, RefundAnswer, RefundRequest, Span, StartAnswer, StartRequest, Stimulus, StimulusQueue, StockStore,
    TaskStore, TrackingStore, WebhookSender, Workflows,
};
use oms_app::timers::{Timer, TimerStore};
use oms_domain::benefit::SpentKind;
use oms_domain::body::Provider;
use oms_domain::command::BenefitAnswered;
use oms_domain::event::CommitRecord;
use oms_domain::id::{Carrier, EventKey, LocationId, OrderId, ShipmentId, Sku, TrackingNumber};
use oms_domain::location::{Location, Product};
use oms_domain::stock::StockLevel;
use oms_domain::task::{Role, Task};
use serde_json::Value;

use crate::faults::{Fault, Faulty};

impl<P> Faulty<P> {
    /// A call with a fault around it, if the plan has one; `failed` makes the error from how it fails.
    async fn with<T>(&self, call: &'static str, effect: impl Future<Output = T>, failed: impl FnOnce(Fault) -> T) -> T {
        match self.plan.begin(call).await {
            None => effect.await,
            Some(fault @ (Fault::Before | Fault::Throttled | Fault::Contended)) => failed(fault),
            Some(Fault::After) => {
                effect.await;
                failed(Fault::After)
            }
            Some(Fault::CrashBefore) => self.plan.die().await,
            Some(Fault::CrashAfter) => {
                effect.await;
                self.plan.die().await
            }
        }
    }

    async fn store<T>(
        &self,
        call: &'static str,
        effect: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.with(call, effect, |fault| {
            Err(match fault {
                Fault::Contended => StoreError::Contended(format!("injected at {call}")),
                Fault::Throttled => StoreError::Unavailable(format!("injected throttling at {call}")),
                Fault::Before | Fault::After | Fault::CrashBefore | Fault::CrashAfter => {
                    StoreError::Unavailable(format!("injected at {call}"))
                }
            })
        })
        .await
    }

    async fn port<T>(
        &self,
        call: &'static str,
        effect: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        self.with(call, effect, |fault| Err(PortError { port: call, detail: format!("injected: {fault:?}") })).await
    }
}

#[async_trait]
impl<P: OrderStore> OrderStore for Faulty<P> {
    async fn load(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError> {
        self.store("orders.load", self.inner.load(id)).await
    }
    async fn load_from_replica(&self, id: &OrderId) -> Result<Option<LoadedOrder>, StoreError> {
        self.store("orders.load_from_replica", self.inner.load_from_replica(id)).await
    }
    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.store("orders.commit", self.inner.commit(commit)).await
    }
    async fn point(&self, pointer: &Pointer) -> Result<(), StoreError> {
        self.store("orders.point", self.inner.point(pointer)).await
    }
    async fn leave(&self, entry: &WorkEntry) -> Result<(), StoreError> {
        self.store("orders.leave", self.inner.leave(entry)).await
    }
    async fn park_fact(&self, order_id: &OrderId, parked: &ParkedFact) -> Result<bool, StoreError> {
        self.store("orders.park_fact", self.inner.park_fact(order_id, parked)).await
    }
    async fn parked_facts(&self, order_id: &OrderId) -> Result<Vec<ParkedFact>, StoreError> {
        self.store("orders.parked_facts", self.inner.parked_facts(order_id)).await
    }
    async fn drop_fact(&self, order_id: &OrderId, key: &EventKey) -> Result<(), StoreError> {
        self.store("orders.drop_fact", self.inner.drop_fact(order_id, key)).await
    }
    async fn order_of_payment(
        &self,
        provider: Provider,
        provider_payment_id: &str,
    ) -> Result<Option<OrderId>, StoreError> {
        self.store("orders.order_of_payment", self.inner.order_of_payment(provider, provider_payment_id)).await
    }
    async fn note_unhandled(
        &self,
        provider: &str,
        key: &EventKey,
        kind: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.store("orders.note_unhandled", self.inner.note_unhandled(provider, key, kind, at)).await
    }
}

#[async_trait]
impl<P: KeyStore> KeyStore for Faulty<P> {
    async fn lease(
        &self,
        credential: &str,
        key: &str,
        body_hash: &str,
        order_id: &OrderId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<KeyState, StoreError> {
        self.store("keys.lease", self.inner.lease(credential, key, body_hash, order_id, now, until)).await
    }
}

#[async_trait]
impl<P: OrderLists> OrderLists for Faulty<P> {
    async fn orders(&self, key: &ListKey, cursor: Option<&str>, limit: u32) -> Result<Page<OrderId>, StoreError> {
        self.store("lists.orders", self.inner.orders(key, cursor, limit)).await
    }
    async fn tasks(&self, role: Role, cursor: Option<&str>, limit: u32) -> Result<Page<Task>, StoreError> {
        self.store("lists.tasks", self.inner.tasks(role, cursor, limit)).await
    }
    async fn shipments(
        &self,
        location: &LocationId,
        list: WorkList,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<WorkEntry>, StoreError> {
        self.store("lists.shipments", self.inner.shipments(location, list, cursor, limit)).await
    }
    async fn ledger(&self, span: &Span, cursor: Option<&str>, limit: u32) -> Result<Page<CommitRecord>, StoreError> {
        self.store("lists.ledger", self.inner.ledger(span, cursor, limit)).await
    }
}

#[async_trait]
impl<P: TaskStore> TaskStore for Faulty<P> {
    async fn open(&self, task: &Task) -> Result<(), StoreError> {
        self.store("tasks.open", self.inner.open(task)).await
    }
    async fn close(&self, task_id: &str) -> Result<bool, StoreError> {
        self.store("tasks.close", self.inner.close(task_id)).await
    }
}

#[async_trait]
impl<P: TrackingStore> TrackingStore for Faulty<P> {
    async fn shipment(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Option<ShipmentId>, StoreError> {
        self.store("tracking.shipment", self.inner.shipment(carrier, number)).await
    }
    async fn park_scan(&self, scan: &ParkedScan) -> Result<(), StoreError> {
        self.store("tracking.park_scan", self.inner.park_scan(scan)).await
    }
    async fn parked_scans(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Vec<ParkedScan>, StoreError> {
        self.store("tracking.parked_scans", self.inner.parked_scans(carrier, number)).await
    }
    async fn drop_scan(&self, scan: &ParkedScan) -> Result<(), StoreError> {
        self.store("tracking.drop_scan", self.inner.drop_scan(scan)).await
    }
}

#[async_trait]
impl<P: TimerStore> TimerStore for Faulty<P> {
    fn shards(&self) -> u32 {
        self.inner.shards()
    }
    async fn set(&self, timer: &Timer) -> Result<(), StoreError> {
        self.store("timers.set", self.inner.set(timer)).await
    }
    async fn due(&self, shard: u32, now: Timestamp, limit: u32) -> Result<Vec<Timer>, StoreError> {
        self.store("timers.due", self.inner.due(shard, now, limit)).await
    }
    async fn clear(&self, shard: u32, timer: &Timer) -> Result<(), StoreError> {
        self.store("timers.clear", self.inner.clear(shard, timer)).await
    }
}

#[async_trait]
impl<P: StockStore> StockStore for Faulty<P> {
    async fn levels(&self, skus: &[Sku]) -> Result<Vec<StockLevel>, StoreError> {
        self.store("stock.levels", self.inner.levels(skus)).await
    }
    async fn goods(&self, skus: &[Sku]) -> Result<Goods, StoreError> {
        self.store("stock.goods", self.inner.goods(skus)).await
    }
    async fn locations(&self) -> Result<Vec<Location>, StoreError> {
        self.store("stock.locations", self.inner.locations()).await
    }
    async fn put_product(&self, product: &Product) -> Result<(), StoreError> {
        self.store("stock.put_product", self.inner.put_product(product)).await
    }
    async fn put_location(&self, location: &Location) -> Result<(), StoreError> {
        self.store("stock.put_location", self.inner.put_location(location)).await
    }
    async fn set_count(
        &self,
        location: &LocationId,
        sku: &Sku,
        on_hand: u32,
        safety_stock: u32,
        expected: Option<u64>,
    ) -> Result<StockLevel, StoreError> {
        self.store("stock.set_count", self.inner.set_count(location, sku, on_hand, safety_stock, expected)).await
    }
}

#[async_trait]
impl<P: StimulusQueue> StimulusQueue for Faulty<P> {
    async fn send(&self, stimulus: &Stimulus, delay_seconds: u32) -> Result<(), PortError> {
        self.port("queue.send", self.inner.send(stimulus, delay_seconds)).await
    }
}

#[async_trait]
impl<P: Workflows> Workflows for Faulty<P> {
    async fn run(&self, stimulus: &Stimulus) -> Result<(), WorkflowError> {
        let failed = |fault: Fault| Err(WorkflowError::Failed(format!("injected: {fault:?}")));
        self.with("workflows.run", self.inner.run(stimulus), failed).await
    }
}

#[async_trait]
impl<P: EventBus> EventBus for Faulty<P> {
    async fn put(&self, events: &[Value]) -> Result<(), PortError> {
        self.port("bus.put", self.inner.put(events)).await
    }
}

#[async_trait]
impl<P: WebhookSender> WebhookSender for Faulty<P> {
    async fn post(&self, url: &str, id: &str, at: Timestamp, body: &[u8]) -> Result<(), PortError> {
        self.port("webhooks.post", self.inner.post(url, id, at, body)).await
    }
}

#[async_trait]
impl<P: BenefitService> BenefitService for Faulty<P> {
    async fn reserve(&self, request: &BenefitRequest) -> Result<BenefitAnswered, PortError> {
        self.port("benefits.reserve", self.inner.reserve(request)).await
    }
    async fn commit(&self, order_id: &OrderId) -> Result<BenefitAnswered, PortError> {
        self.port("benefits.commit", self.inner.commit(order_id)).await
    }
    async fn release(&self, order_id: &OrderId, kept: &[SpentKind]) -> Result<BenefitAnswered, PortError> {
        self.port("benefits.release", self.inner.release(order_id, kept)).await
    }
    async fn give_back(&self, request: &BenefitReturn) -> Result<BenefitAnswered, PortError> {
        self.port("benefits.give_back", self.inner.give_back(request)).await
    }
}

#[async_trait]
impl<P: PaymentGateway> PaymentGateway for Faulty<P> {
    fn provider(&self) -> Provider {
        self.inner.provider()
    }
    async fn refund(&self, request: &RefundRequest) -> RefundAnswer {
        self.with("gateway.refund", self.inner.refund(request), |_| RefundAnswer::Unknown).await
    }
    async fn query_refund(&self, request: &RefundRequest) -> RefundAnswer {
        self.with("gateway.query_refund", self.inner.query_refund(request), |_| RefundAnswer::Unknown).await
    }
    async fn capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        self.with("gateway.capture", self.inner.capture(request), |_| CaptureAnswer::Unknown).await
    }
    async fn query_capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        self.with("gateway.query_capture", self.inner.query_capture(request), |_| CaptureAnswer::Unknown).await
    }
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        let effect = self.inner.cancel_payment(request);
        self.with("gateway.cancel_payment", effect, |_| CancelAnswer::Unknown).await
    }
    async fn start(&self, request: &StartRequest) -> StartAnswer {
        self.with("gateway.start", self.inner.start(request), |_| StartAnswer::Unknown).await
    }
}
