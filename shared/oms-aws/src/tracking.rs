//! Tracking numbers, and the scans that come before their number is known.

use async_trait::async_trait;
use oms_app::error::StoreError;
use oms_app::ports::{ParkedScan, TrackingStore};
use oms_domain::id::{Carrier, ShipmentId, TrackingNumber};

use crate::keys;
use crate::orders::DynamoOrders;
use crate::rows::{self, Row};
use crate::table::{Query, Sort};

#[async_trait]
impl TrackingStore for DynamoOrders {
    async fn shipment(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Option<ShipmentId>, StoreError> {
        let partition = keys::tracking(carrier, number);
        let Some(item) = self.table.get_lasting(&partition, keys::ALONE).await? else { return Ok(None) };
        rows::parsed(&item, "shipment_id", |text| ShipmentId::parse(text).ok()).map(Some)
    }

    async fn park_scan(&self, scan: &ParkedScan) -> Result<(), StoreError> {
        let partition = keys::tracking(&scan.carrier, &scan.tracking_number);
        let row = Row::new(&partition, keys::parked(&scan.event_id)).body(scan)?;
        self.table.put(row).await
    }

    async fn parked_scans(&self, carrier: &Carrier, number: &TrackingNumber) -> Result<Vec<ParkedScan>, StoreError> {
        let query = Query::rows(keys::tracking(carrier, number), Sort::Begins(keys::PARKED_PREFIX));
        let mut scans: Vec<ParkedScan> =
            self.table.query(query).await?.iter().map(rows::body).collect::<Result<_, _>>()?;
        scans.sort_by(|a, b| (a.occurred_at, a.at, &a.event_id).cmp(&(b.occurred_at, b.at, &b.event_id)));
        Ok(scans)
    }

    async fn drop_scan(&self, scan: &ParkedScan) -> Result<(), StoreError> {
        self.table.delete(&keys::tracking(&scan.carrier, &scan.tracking_number), &keys::parked(&scan.event_id)).await?;
        Ok(())
    }
}
