//! A write whose answer is lost is sent again by the SDK, and must not meet itself as somebody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use jiff::SignedDuration;
use oms_app::error::StoreError;
use oms_app::ports::{KeyState, KeyStore, OrderStore, StockStore};
use oms_domain::stock::StockMove;
use oms_testkit::build::{an_order, location_id, sku};
use oms_testkit::seeded::SeededIds;
use oms_testkit::time::start;

use crate::engine::{DYNAMODB_LOCAL, Engine, MINISTACK, stores_on};

/// Turns the next answers into "500", after the engine has done what was asked.
#[derive(Debug, Clone, Default)]
struct LoseAnswers(Arc<AtomicUsize>);

impl LoseAnswers {
    fn next(&self, count: usize) {
        self.0.store(count, Ordering::SeqCst);
    }
}

impl Intercept for LoseAnswers {
    fn name(&self) -> &'static str {
        "LoseAnswers"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let lose = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if lose {
            *context.response_mut() = HttpResponse::new(500_u16.try_into()?, "{}".into());
        }
        Ok(())
    }
}

async fn lost(engine: &Engine, case: &str) {
    let Some(clients) = engine.clients().await else { return };
    let answers = LoseAnswers::default();
    let config = clients.dynamodb().config().to_builder().interceptor(answers.clone()).build();
    let (orders, stock) = stores_on(&aws_sdk_dynamodb::Client::from_conf(config), case).await;
    let (place, tee) = (location_id("sz-1"), sku("TEE-M"));
    stock.set_count(&place, &tee, 5, 0, None).await.unwrap();

    // A plain put: the second one finds the row that the first one wrote.
    let alone = SeededIds::new(1).order_id();
    answers.next(1);
    orders.commit(&an_order().received(&alone, start())).await.unwrap();
    assert_eq!(orders.load(&alone).await.unwrap().unwrap().records.len(), 1);

    // The same bytes from another call are somebody else's.
    assert!(matches!(orders.commit(&an_order().received(&alone, start())).await, Err(StoreError::VersionTaken)));

    // A transaction: it has its effect once, on stock as well.
    let with_stock = SeededIds::new(2).order_id();
    let mut commit = an_order().received(&with_stock, start());
    commit.stock =
        vec![StockMove { location_id: place, sku: tee.clone(), on_hand: 0, held: 2, committed: 0, takes: 2 }];
    answers.next(1);
    orders.commit(&commit).await.unwrap();
    assert_eq!(stock.levels(std::slice::from_ref(&tee)).await.unwrap()[0].held, 2);

    // A lease on an idempotency key: the request that has it is not told that another one does.
    let leased = SeededIds::new(4).order_id();
    let lease = |from: i64| {
        let at = |seconds| start().checked_add(SignedDuration::from_secs(seconds)).unwrap();
        orders.lease("storefront", "key", "hash", &leased, at(from), at(from + 10))
    };
    answers.next(1);
    assert_eq!(lease(0).await.unwrap(), KeyState::Leased);
    assert_eq!(lease(5).await.unwrap(), KeyState::InFlight, "another request");
    // One that ended is taken over: the first answer tells of it, the lost one is that of the second write.
    answers.next(0);
    assert_eq!(lease(20).await.unwrap(), KeyState::Leased);

    // More answers lost than there are attempts: the caller does not know, loads again, and finds its effect.
    let unknown = SeededIds::new(3).order_id();
    answers.next(usize::MAX);
    let late = start().checked_add(SignedDuration::from_secs(1)).unwrap();
    assert!(matches!(orders.commit(&an_order().received(&unknown, late)).await, Err(StoreError::Unavailable(_))));
    answers.next(0);
    assert_eq!(orders.load(&unknown).await.unwrap().unwrap().order.created_at, late);
}

#[tokio::test]
async fn dynamodb_local() {
    lost(&DYNAMODB_LOCAL, "lost-answers").await;
}

#[tokio::test]
async fn ministack() {
    lost(&MINISTACK, "lost-answers").await;
}
