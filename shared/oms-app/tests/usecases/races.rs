//! Two workers on one order: the second comes between any two calls of the first.

use std::future::Future;

use crate::shop::Shop;

/// Runs something whose n-th call waits until something else has come to its end. When it has fewer calls, the other
/// follows it.
pub async fn within<A, B>(shop: &Shop, n: u64, first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    shop.plan.stall_nth(n);
    let mut first = Box::pin(first);
    let early = tokio::select! {
        biased;
        done = &mut first => Some(done),
        () = shop.plan.stalled() => None,
    };
    let second = Box::pin(second).await;
    shop.plan.go_on();
    match early {
        Some(first) => (first, second),
        None => (first.await, second),
    }
}
