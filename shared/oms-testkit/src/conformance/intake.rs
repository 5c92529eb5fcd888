//! The intake's idempotency keys.

use futures::future::join_all;
use oms_app::ports::KeyState;
use oms_domain::id::OrderId;

use super::{Orders, Stock, at, first, order_id};

/// A request at a time, whose lease lasts ten seconds.
async fn lease(orders: &impl Orders, key: &str, hash: &str, id: &OrderId, seconds: i64) -> KeyState {
    orders.lease("storefront", key, hash, id, at(seconds), at(seconds + 10)).await.expect("a lease")
}

/// The first request has it; the same one beside it is told that it is in flight.
pub async fn a_key_is_leased_once(orders: impl Orders, _: impl Stock) {
    let id = order_id(1);
    assert_eq!(lease(&orders, "k", "h", &id, 0).await, KeyState::Leased);
    assert_eq!(lease(&orders, "k", "h", &id, 9).await, KeyState::InFlight);
    assert_eq!(lease(&orders, "other", "h", &id, 9).await, KeyState::Leased);
}

/// Another body under a used key is told apart, during the lease, after it, and when the order is there.
pub async fn another_body_is_told_apart(orders: impl Orders, _: impl Stock) {
    let id = order_id(2);
    assert_eq!(lease(&orders, "k", "h", &id, 0).await, KeyState::Leased);
    assert_eq!(lease(&orders, "k", "x", &order_id(3), 5).await, KeyState::OtherBody);
    assert_eq!(lease(&orders, "k", "x", &order_id(3), 50).await, KeyState::OtherBody);
    orders.commit(&first(&id, 1)).await.expect("a commit");
    assert_eq!(lease(&orders, "k", "x", &order_id(3), 60).await, KeyState::OtherBody);
}

/// A stored order is the answer, at once and for ever after.
pub async fn a_stored_order_is_known(orders: impl Orders, _: impl Stock) {
    let id = order_id(4);
    assert_eq!(lease(&orders, "k", "h", &id, 0).await, KeyState::Leased);
    orders.commit(&first(&id, 1)).await.expect("a commit");
    assert_eq!(lease(&orders, "k", "h", &id, 2).await, KeyState::Known(id.clone()));
    assert_eq!(lease(&orders, "k", "h", &id, 3600).await, KeyState::Known(id));
}

/// A holder that died leaves the key to the next request with the same body.
pub async fn an_ended_lease_is_taken_over(orders: impl Orders, _: impl Stock) {
    let id = order_id(5);
    assert_eq!(lease(&orders, "k", "h", &id, 0).await, KeyState::Leased);
    assert_eq!(lease(&orders, "k", "h", &id, 10).await, KeyState::Leased);
    assert_eq!(lease(&orders, "k", "h", &id, 15).await, KeyState::InFlight);
    orders.commit(&first(&id, 16)).await.expect("a commit");
    assert_eq!(lease(&orders, "k", "h", &id, 21).await, KeyState::Known(id));
}

/// Of many that notice a dead holder at once, one takes over.
pub async fn one_of_many_takes_over(orders: impl Orders, _: impl Stock) {
    let id = order_id(6);
    assert_eq!(lease(&orders, "k", "h", &id, 0).await, KeyState::Leased);
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let (orders, id) = (orders.clone(), id.clone());
            tokio::spawn(async move { lease(&orders, "k", "h", &id, 60).await })
        })
        .collect();
    let mut leased = 0;
    for done in join_all(requests).await {
        match done.expect("a request") {
            KeyState::Leased => leased += 1,
            KeyState::InFlight => {}
            other @ (KeyState::Known(_) | KeyState::OtherBody) => panic!("{other:?}"),
        }
    }
    assert_eq!(leased, 1);
}

/// Two credentials may use the same key; a `#` in a name makes no other pair.
pub async fn keys_belong_to_credentials(orders: impl Orders, _: impl Stock) {
    let id = order_id(7);
    for (credential, key) in [("a", "b#c"), ("a#b", "c"), ("a%23b", "c")] {
        let state = orders.lease(credential, key, credential, &id, at(0), at(10)).await.expect("a lease");
        assert_eq!(state, KeyState::Leased, "{credential} {key}");
    }
}

/// After its time a key is free again, whether or not the row was deleted yet.
pub async fn keys_are_forgotten(orders: impl Orders, _: impl Stock) {
    let day = 86_400;
    assert_eq!(lease(&orders, "k", "h", &order_id(8), 0).await, KeyState::Leased);
    assert_eq!(lease(&orders, "k", "x", &order_id(9), 6 * day).await, KeyState::OtherBody);
    assert_eq!(lease(&orders, "k", "x", &order_id(9), 8 * day).await, KeyState::Leased);
}
