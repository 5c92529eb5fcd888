//! Tracking numbers.

use async_trait::async_trait;
use jiff::Timestamp;
use oms_app::error::StoreError;
use oms_app::ports::{ParkedScan, TrackingStore};
use oms_domain::id::{Carrier, EventKey, ShipmentId, TrackingNumber};

use super::index::{Entry, due_place};
use super::orders::shard;
use super::{MemoryStore, ParkedRow, State, read, write};

type ScanKey = (Carrier, TrackingNumber, EventKey);

fn key_of(scan: &ParkedScan) -> ScanKey {
    (scan.carrier.clone(), scan.tracking_number.clone(), scan.event_id.clone())
}

fn place_of(key: &ScanKey, due_at: i64) -> (String, String) {
    due_place(shard(key.1.as_str()), due_at, &format!("{}#{}#{}", key.0, key.1, key.2))
}

impl State {
    fn forget_scan(&mut self, key: &ScanKey) {
        if let Some(row) = self.parked_scans.remove(key) {
            let (partition, place) = place_of(key, row.due_at);
            self.index.remove(&partition, &place);
        }
    }
}

#[async_trait]
impl TrackingStore for MemoryStore {
    async fn shipment(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Option<ShipmentId>, StoreError> {
        Ok(self.state().tracking.get(&(carrier.clone(), number.clone())).cloned())
    }

    async fn park_scan(&self, scan: &ParkedScan, look_again_at: Timestamp) -> Result<bool, StoreError> {
        let body = write(scan)?;
        let mut state = self.state();
        if state.tracking.contains_key(&(scan.carrier.clone(), scan.tracking_number.clone())) {
            return Ok(false);
        }
        let key = key_of(scan);
        state.forget_scan(&key);
        let due_at = look_again_at.as_millisecond();
        let (partition, place) = place_of(&key, due_at);
        state.index.put(&partition, &place, Entry::Scan(key.0.clone(), key.1.clone(), key.2.clone()));
        state.parked_scans.insert(key, ParkedRow { body, due_at });
        Ok(true)
    }

    async fn parked_scans(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Vec<ParkedScan>, StoreError> {
        let state = self.state();
        let rows = state.parked_scans.iter().filter(|((c, n, _), _)| c == carrier && n == number);
        let mut scans: Vec<ParkedScan> = rows.map(|(_, row)| read(&row.body)).collect::<Result<_, _>>()?;
        scans.sort_by(|a, b| (a.occurred_at, a.at, &a.event_id).cmp(&(b.occurred_at, b.at, &b.event_id)));
        Ok(scans)
    }

    async fn drop_scan(&self, scan: &ParkedScan) -> Result<(), StoreError> {
        self.state().forget_scan(&key_of(scan));
        Ok(())
    }
}
