//! Stock, catalogue and locations.

use std::collections::BTreeSet;

use async_trait::async_trait;
use oms_app::error::StoreError;
use oms_app::ports::{Goods, StockStore};
use oms_domain::id::{LocationId, Sku};
use oms_domain::location::{Location, Product};
use oms_domain::stock::{StockLevel, StockMove};

use super::{MemoryStore, State, read, write};

impl State {
    /// Whether a row can take a change: counters that sink stay at or above zero, and what is taken is free.
    pub(super) fn check_move(&self, change: &StockMove) -> Result<(), StoreError> {
        let row = self.levels.get(&(change.sku.clone(), change.location_id.clone())).ok_or(StoreError::StockShort)?;
        let sinks_below = |value: i64, delta: i64| delta < 0 && value.saturating_add(delta) < 0;
        let short = sinks_below(row.on_hand, change.on_hand)
            || sinks_below(row.held, change.held)
            || sinks_below(row.committed, change.committed)
            || (change.takes > 0 && row.free() < change.takes);
        if short { Err(StoreError::StockShort) } else { Ok(()) }
    }

    pub(super) fn apply_move(&mut self, change: &StockMove) {
        if let Some(row) = self.levels.get_mut(&(change.sku.clone(), change.location_id.clone())) {
            row.on_hand = row.on_hand.saturating_add(change.on_hand);
            row.held = row.held.saturating_add(change.held);
            row.committed = row.committed.saturating_add(change.committed);
            row.version += 1;
        }
    }
}

#[async_trait]
impl StockStore for MemoryStore {
    async fn levels(&self, skus: &[Sku]) -> Result<Vec<StockLevel>, StoreError> {
        let skus: BTreeSet<&Sku> = skus.iter().collect();
        let state = self.state();
        Ok(state.levels.iter().filter(|((sku, _), _)| skus.contains(sku)).map(|(_, level)| level.clone()).collect())
    }

    async fn goods(&self, skus: &[Sku]) -> Result<Goods, StoreError> {
        let levels = self.levels(skus).await?;
        let skus: BTreeSet<&Sku> = skus.iter().collect();
        let state = self.state();
        let products = skus.into_iter().filter_map(|sku| state.products.get(sku)).map(|body| read(body));
        Ok(Goods { products: products.collect::<Result<_, _>>()?, levels })
    }

    async fn locations(&self) -> Result<Vec<Location>, StoreError> {
        self.state().locations.values().map(|body| read(body)).collect()
    }

    async fn put_product(&self, product: &Product) -> Result<(), StoreError> {
        let body = write(product)?;
        self.state().products.insert(product.sku.clone(), body);
        Ok(())
    }

    async fn put_location(&self, location: &Location) -> Result<(), StoreError> {
        let body = write(location)?;
        self.state().locations.insert(location.location_id.clone(), body);
        Ok(())
    }

    async fn set_count(
        &self,
        location: &LocationId,
        sku: &Sku,
        on_hand: u32,
        safety_stock: u32,
        expected: Option<u64>,
    ) -> Result<StockLevel, StoreError> {
        let mut state = self.state();
        let key = (sku.clone(), location.clone());
        let version = state.levels.get(&key).map_or(0, |level| level.version);
        if expected.is_some_and(|expected| expected != version) {
            return Err(StoreError::VersionTaken);
        }
        let level = state.levels.entry(key).or_insert_with(|| StockLevel::empty(location.clone(), sku.clone()));
        level.on_hand = i64::from(on_hand);
        level.safety_stock = i64::from(safety_stock);
        level.version += 1;
        Ok(level.clone())
    }
}
