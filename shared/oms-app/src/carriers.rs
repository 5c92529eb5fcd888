//! What carriers and locations tell us about shipments.

use std::sync::Arc;

use jiff::SignedDuration;
use oms_domain::command::{Command, Report, Scan};
use oms_domain::id::{Carrier, EventKey, ShipmentId, TrackingNumber};
use oms_domain::order::Shipment;

use crate::engine::{Engine, Origin, Outcome};
use crate::error::{AppError, StoreError};
use crate::keyed::{Keyed, event_key};
use crate::ports::{ParkedScan, TrackingStore};

/// How soon a scan of an unknown number is tried again, in seconds.
pub(crate) const TRY_AGAIN_SECONDS: i64 = 300;

/// Shipments, by number and by id.
#[derive(Clone)]
pub struct Carriers {
    /// Orders.
    pub engine: Engine,
    /// Tracking numbers.
    pub tracking: Arc<dyn TrackingStore>,
}

impl Carriers {
    /// A location's report on one of its shipments. The key names the request: the same key and report again has no
    /// further effect, the same key with another report is refused.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Refused`], or the store's error.
    pub async fn report(
        &self,
        shipment_id: &ShipmentId,
        report: Report,
        actor: &str,
        key: &str,
        body_hash: &str,
    ) -> Result<Outcome, AppError> {
        let order_id = shipment_id.order().ok_or(AppError::NotFound("shipment"))?;
        let cause = event_key(&format!("report:{shipment_id}"), key, body_hash)?;
        let command = Command::Report { shipment_id: shipment_id.clone(), report };
        let origin = Origin::outside(actor, Some(cause.clone()));
        let executed = self.engine.execute(&order_id, &Keyed { cause: &cause, command }, &origin).await;
        let outcome = executed.map_err(|error| match error {
            AppError::NotFound(_) => AppError::NotFound("shipment"),
            AppError::Refused(_) | AppError::Store(_) | AppError::Port(_) => error,
        })?;
        if let Some(shipment) = outcome.order.shipment(shipment_id) {
            self.catch_up(shipment).await?;
        }
        Ok(outcome)
    }

    /// Applies scans that came before their number was known.
    async fn catch_up(&self, shipment: &Shipment) -> Result<(), AppError> {
        let (Some(carrier), Some(number)) = (&shipment.carrier, &shipment.tracking_number) else { return Ok(()) };
        for parked in self.tracking.parked_scans(carrier, number).await? {
            self.apply(&shipment.id, &parked).await?;
            self.tracking.drop_scan(&parked).await?;
        }
        Ok(())
    }

    /// A carrier's scan. A number that nobody knows yet is kept and tried again. True when it was applied.
    ///
    /// # Errors
    /// [`AppError`] when it could not be stored: the carrier must be told to try again.
    pub async fn scan(
        &self,
        carrier: &Carrier,
        number: &TrackingNumber,
        event_id: EventKey,
        status: &str,
        occurred_at: jiff::Timestamp,
    ) -> Result<bool, AppError> {
        let at = self.engine.clock.now();
        let scan = ParkedScan {
            carrier: carrier.clone(),
            tracking_number: number.clone(),
            event_id,
            status: status.into(),
            occurred_at,
            at,
        };
        for _ in 0..3 {
            if let Some(shipment_id) = self.tracking.shipment(carrier, number).await? {
                self.apply(&shipment_id, &scan).await?;
                return Ok(true);
            }
            let again = at.checked_add(SignedDuration::from_secs(TRY_AGAIN_SECONDS)).unwrap_or(at);
            if self.tracking.park_scan(&scan, again).await? {
                return Ok(false);
            }
        }
        Err(StoreError::Contended("a tracking number appears and disappears".into()).into())
    }

    /// Applies a scan to its shipment.
    ///
    /// # Errors
    /// [`AppError::NotFound`], or the store's error.
    pub async fn apply(&self, shipment_id: &ShipmentId, scan: &ParkedScan) -> Result<(), AppError> {
        let order_id = shipment_id.order().ok_or(AppError::NotFound("shipment"))?;
        let origin = Origin::outside(scan.carrier.as_str(), Some(scan.event_id.clone()));
        let Some(what) = Scan::from_name(&scan.status) else {
            tracing::warn!(%order_id, status = scan.status, "a scan of an unknown status is ignored");
            return Ok(());
        };
        let command = Command::Scan { shipment_id: shipment_id.clone(), scan: what };
        self.engine.execute(&order_id, &command, &origin).await.map(|_| ())
    }
}
