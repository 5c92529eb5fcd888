//! Tracking numbers.

use async_trait::async_trait;
use oms_app::error::StoreError;
use oms_app::ports::{ParkedScan, TrackingStore};
use oms_domain::id::{Carrier, EventKey, ShipmentId, TrackingNumber};

use super::{MemoryStore, read, write};

type ScanKey = (Carrier, TrackingNumber, EventKey);

fn key_of(scan: &ParkedScan) -> ScanKey {
    (scan.carrier.clone(), scan.tracking_number.clone(), scan.event_id.clone())
}

#[async_trait]
impl TrackingStore for MemoryStore {
    async fn shipment(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Option<ShipmentId>, StoreError> {
        Ok(self.state().tracking.get(&(carrier.clone(), number.clone())).cloned())
    }

    async fn park_scan(&self, scan: &ParkedScan) -> Result<(), StoreError> {
        let body = write(scan)?;
        self.state().parked_scans.insert(key_of(scan), body);
        Ok(())
    }

    async fn parked_scans(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Vec<ParkedScan>, StoreError> {
        let state = self.state();
        let rows = state.parked_scans.iter().filter(|((c, n, _), _)| c == carrier && n == number);
        let mut scans: Vec<ParkedScan> = rows.map(|(_, row)| read(row)).collect::<Result<_, _>>()?;
        scans.sort_by(|a, b| (a.occurred_at, a.at, &a.event_id).cmp(&(b.occurred_at, b.at, &b.event_id)));
        Ok(scans)
    }

    async fn drop_scan(&self, scan: &ParkedScan) -> Result<(), StoreError> {
        self.state().parked_scans.remove(&key_of(scan));
        Ok(())
    }
}
