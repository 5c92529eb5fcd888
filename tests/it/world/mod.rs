//! Everyone around the system: storefronts and marketplaces, Stripe, warehouses, carriers, staff. They speak HTTP as they
//! would to a deployed stack, so that what is written with them runs against any `stack.json`.

mod answer;
mod basket;
mod desk;
mod order;
mod parcel;
mod sdk;
mod shop;
mod stripe;
mod wait;
mod wallets;

use std::sync::atomic::{AtomicU64, Ordering};

use local_stack::stack_file::StackFile;
use local_stack::{clock, http};
use reqwest::Method;
use serde_json::Value;

pub use self::answer::Answer;
pub use self::basket::{Basket, decimal, yuan};
pub use self::order::{Order, Shipment};
pub use self::parcel::shipped;
pub use self::sdk::{Sdk, Signer};
pub use self::shop::{Level, Product};
pub use self::stripe::Intent;
pub use self::wait::{PATIENCE, eventually, eventually_within};

/// A client of one stack that can play every part.
pub struct World {
    client: reqwest::Client,
    /// Addresses and credentials.
    pub stack: StackFile,
    /// Who signs as the outside world.
    pub signer: Signer,
    run: i64,
    issued: AtomicU64,
}

/// An order as it was just accepted.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its id.
    pub order_id: String,
    /// What the provider calls it.
    pub reference: String,
}

impl World {
    pub fn new(stack: StackFile, signer: Signer) -> Self {
        let client = http::client().unwrap();
        Self { client, stack, signer, run: clock::now().as_millisecond(), issued: AtomicU64::new(0) }
    }

    /// A name that was never used on any stack, such as `W-1795305942698-3`.
    pub fn number(&self, prefix: &str) -> String {
        format!("{prefix}-{}-{}", self.run, self.issued.fetch_add(1, Ordering::Relaxed))
    }

    /// A request to this path, by nobody yet.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.stack.api_url))
    }

    /// The same with this person's credential.
    pub fn request_by(&self, who: &str, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path).bearer_auth(self.stack.token(who).unwrap())
    }

    /// Reads.
    pub async fn get(&self, who: &str, path: &str) -> Answer {
        Answer::to(self.request_by(who, "GET", path)).await
    }

    /// Sends under a key that was never used.
    pub async fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        self.post_as(who, path, body, &self.number("key")).await
    }

    /// Sends under this key.
    pub async fn post_as(&self, who: &str, path: &str, body: &Value, key: &str) -> Answer {
        Answer::to(self.request_by(who, "POST", path).header("idempotency-key", key).json(body)).await
    }

    /// Stores.
    pub async fn put(&self, who: &str, path: &str, body: &Value) -> Answer {
        Answer::to(self.request_by(who, "PUT", path).json(body)).await
    }

    /// Posts an order that must be accepted.
    pub async fn place(&self, basket: &Basket) -> Placed {
        self.place_body(basket.credential(), &basket.body(&self.number("T"))).await
    }

    /// Posts this body, which must be accepted.
    pub async fn place_body(&self, who: &str, body: &Value) -> Placed {
        let answer = self.post(who, "/v1/orders", body).await.expect(202);
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Placed { order_id: text("order_id"), reference: text("payment_reference") }
    }

    /// The order now, as customer service sees it.
    pub async fn order(&self, id: &str) -> Order {
        Order(self.get("support", &format!("/v1/orders/{id}")).await.expect(200))
    }

    /// Waits until the order is as described; `is_so` may look closely and never fails.
    pub async fn until(&self, id: &str, what: &str, is_so: impl Fn(&Order) -> bool) -> Order {
        self.until_within(PATIENCE, id, what, is_so).await
    }

    /// Waits this long at most.
    pub async fn until_within(
        &self,
        patience: std::time::Duration,
        id: &str,
        what: &str,
        is_so: impl Fn(&Order) -> bool,
    ) -> Order {
        eventually_within(patience, &format!("{id} {what}"), async || {
            let order = self.order(id).await;
            if is_so(&order) { Ok(order) } else { Err(order.story()) }
        })
        .await
    }

    /// Waits for a status.
    pub async fn until_status(&self, id: &str, status: &str) -> Order {
        self.until(id, &format!("should be {status}"), |order| order.status() == status).await
    }
}
