//! The shop's own shelves: products of a test's own, so that every count is its alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{World, decimal, eventually};

/// A product that one test sells.
#[derive(Clone, Debug)]
pub struct Product {
    /// Its stock keeping unit, never used before.
    pub sku: String,
    /// Its price.
    pub cents: i64,
}

/// The counters of a SKU at one location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    pub on_hand: i64,
    pub held: i64,
    pub committed: i64,
    pub available: i64,
}

impl World {
    /// Registers a new product at this price, with these units at these locations and no safety stock.
    pub async fn product(&self, cents: i64, stock: &[(&str, u32)]) -> Product {
        let sku = self.number("SKU");
        let price = json!({ "amount": decimal(cents), "currency": "CNY" });
        let body = json!({ "title": format!("测试 {sku}"), "price": price });
        self.put("manager", &format!("/v1/products/{sku}"), &body).await.expect(200);
        let product = Product { sku, cents };
        for (location, units) in stock {
            self.count(&product, location, *units).await;
        }
        product
    }

    /// Somebody counts the shelf.
    pub async fn count(&self, product: &Product, location: &str, units: u32) {
        let body = json!({ "on_hand": units, "safety_stock": 0 });
        self.put("warehouse", &format!("/v1/stock/{location}/{}", product.sku), &body).await.expect(200);
    }

    /// The counters at every location that has some.
    pub async fn stock(&self, product: &Product) -> BTreeMap<String, Level> {
        let stock = self.get("warehouse", &format!("/v1/stock/{}", product.sku)).await.expect(200);
        let level = |entry: &Value| {
            let count = |name: &str| entry[name].as_i64().unwrap();
            let level = Level {
                on_hand: count("on_hand"),
                held: count("held"),
                committed: count("committed"),
                available: count("available"),
            };
            assert!(
                level.on_hand >= 0 && level.held >= 0 && level.committed >= 0 && level.available >= 0,
                "a counter of {} is below zero: {entry}",
                product.sku
            );
            (entry["location_id"].as_str().unwrap().to_owned(), level)
        };
        stock["locations"].as_array().unwrap().iter().map(level).collect()
    }

    /// The counters at one location.
    pub async fn shelf(&self, product: &Product, location: &str) -> Level {
        self.stock(product).await.get(location).copied().unwrap_or_default()
    }

    /// Waits until the counters are these.
    pub async fn shelf_comes_to(&self, product: &Product, location: &str, expected: Level) {
        eventually(&format!("the shelf comes to {expected:?}"), async || match self.shelf(product, location).await {
            shelf if shelf == expected => Ok(()),
            shelf => Err(format!("{shelf:?}")),
        })
        .await;
    }

    /// Waits until all units are free again: a status that ends an order comes first, what it held follows.
    pub async fn all_back(&self, product: &Product, location: &str, units: i64) {
        let free = Level { on_hand: units, held: 0, committed: 0, available: units };
        self.shelf_comes_to(product, location, free).await;
    }
}
