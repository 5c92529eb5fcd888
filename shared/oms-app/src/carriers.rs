//! What carriers and locations tell us about shipments.

use std::sync::Arc;

use async_trait::async_trait;
use oms_domain::command::{Command, Report, Scan};
use oms_domain::id::{Carrier, EventKey, OrderId, ShipmentId, TrackingNumber};
use oms_domain::order::{Order, Shipment};
use oms_domain::policy::Policy;

use crate::engine::{CommandSource, Engine, Origin, Outcome};
use crate::error::AppError;
use crate::keyed::{Keyed, event_key};
use crate::ports::{ParkedScan, TrackingStore};
use crate::timers::{Timer, Watched};

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

    /// A carrier's scan, and the order that it was applied to. A number that nobody knows yet is kept and tried again: none.
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
    ) -> Result<Option<OrderId>, AppError> {
        let at = self.engine.clock.now();
        let scan = ParkedScan {
            carrier: carrier.clone(),
            tracking_number: number.clone(),
            event_id,
            status: status.into(),
            occurred_at,
            at,
        };
        if let Some(order_id) = self.try_apply(&scan).await? {
            return Ok(Some(order_id));
        }
        let timer = Timer { at: Policy::after(at, TRY_AGAIN_SECONDS), of: Watched::scan(&scan) };
        self.engine.timers.set(&timer).await?;
        self.tracking.park_scan(&scan).await?;
        // Whoever makes the number known looks for parked scans after its commit, and here the number is looked up again
        // after the parking: one of the two sees the other.
        let known_by_now = self.try_apply(&scan).await?;
        if known_by_now.is_some() {
            self.tracking.drop_scan(&scan).await?;
        }
        Ok(known_by_now)
    }

    /// Applies a scan if its number is known, and says to which order.
    ///
    /// # Errors
    /// The store's error.
    pub(crate) async fn try_apply(&self, scan: &ParkedScan) -> Result<Option<OrderId>, AppError> {
        let Some(shipment_id) = self.tracking.shipment(&scan.carrier, &scan.tracking_number).await? else {
            return Ok(None);
        };
        match self.apply(&shipment_id, scan).await {
            Ok(order_id) => Ok(Some(order_id)),
            // The pointer leads nowhere: the report that named the number was not stored, or not yet.
            Err(AppError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Applies a scan to its shipment.
    async fn apply(&self, shipment_id: &ShipmentId, scan: &ParkedScan) -> Result<OrderId, AppError> {
        let order_id = shipment_id.order().ok_or(AppError::NotFound("shipment"))?;
        let origin = Origin::outside(scan.carrier.as_str(), Some(scan.event_id.clone()));
        let Some(what) = Scan::from_name(&scan.status) else {
            tracing::warn!(%order_id, status = scan.status, "a scan of an unknown status is ignored");
            return Ok(order_id);
        };
        let command = Command::Scan { shipment_id: shipment_id.clone(), scan: what };
        self.engine.execute(&order_id, &OfParcel { shipment_id, scan, command }, &origin).await?;
        Ok(order_id)
    }
}

/// A command about the parcel that has a scan's number.
struct OfParcel<'a> {
    shipment_id: &'a ShipmentId,
    scan: &'a ParkedScan,
    command: Command,
}

#[async_trait]
impl CommandSource for OfParcel<'_> {
    async fn command(&self, order: &Order) -> Result<Command, AppError> {
        let (carrier, number) = (&self.scan.carrier, &self.scan.tracking_number);
        let has_it = |s: &&Shipment| s.carrier.as_ref() == Some(carrier) && s.tracking_number.as_ref() == Some(number);
        order.shipment(self.shipment_id).filter(has_it).ok_or(AppError::NotFound("tracking number"))?;
        Ok(self.command.clone())
    }
}
