//! Which locations have a system of their own: the publisher asks, so that the bus wakes the deliveries for those alone.
//!
//! Locations change by a manager's hand, perhaps once a week, and entries leave all the time: what was read is remembered for a
//! minute. In doubt an entry is said to have a receiver, and whoever delivers looks again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use oms_domain::id::LocationId;
use oms_domain::outgoing::OutgoingEvent;

use crate::deliveries::TOLD;
use crate::ports::{Clock, StockStore};

/// For how long what was read of the locations counts, in seconds: so late may the first webhook of a new address be.
const REMEMBERED_SECONDS: i64 = 60;

/// By location, whether it has an address.
type Known = Arc<BTreeMap<LocationId, bool>>;

/// The locations' systems, as they were last read.
#[derive(Clone)]
pub struct Receivers {
    stock: Arc<dyn StockStore>,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Option<(Timestamp, Known)>>>,
}

impl Receivers {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(stock: Arc<dyn StockStore>, clock: Arc<dyn Clock>) -> Self {
        Self { stock, clock, known: Arc::default() }
    }

    /// Whether a location's own system hears of something in this entry. True also when the locations cannot be read.
    pub async fn hear_of(&self, event: &OutgoingEvent) -> bool {
        let mut told = event.data.events.iter().filter(|e| TOLD.contains(&e.name)).peekable();
        if told.peek().is_none() {
            return false;
        }
        let places: Option<Vec<&LocationId>> =
            told.map(|e| e.shipment.as_ref().and_then(|shipment| shipment.location_id.as_ref())).collect();
        // A shipment whose location the entry does not name.
        let Some(places) = places else { return true };
        let fresh = self.remembered();
        // A location that is not among them is new.
        let known = match fresh.filter(|known| places.iter().all(|place| known.contains_key(*place))) {
            Some(known) => known,
            None => match self.read().await {
                Some(known) => known,
                None => return true,
            },
        };
        places.into_iter().any(|place| known.get(place).copied().unwrap_or(true))
    }

    fn remembered(&self) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, known) = known.as_ref()?;
        let age = self.clock.now().duration_since(*at).as_secs();
        (0..REMEMBERED_SECONDS).contains(&age).then(|| known.clone())
    }

    async fn read(&self) -> Option<Known> {
        let at = self.clock.now();
        let locations = match self.stock.locations().await {
            Ok(locations) => locations,
            Err(error) => {
                tracing::warn!(%error, "the locations cannot be read; whoever delivers reads them again");
                return None;
            }
        };
        let known = locations.into_iter().map(|l| (l.location_id, l.webhook_url.is_some())).collect();
        let known = Arc::new(known);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, Arc::clone(&known)));
        Some(known)
    }
}
