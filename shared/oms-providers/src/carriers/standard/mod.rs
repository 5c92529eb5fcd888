//! The `standard` carrier: Standard Webhooks with one small JSON object, for carriers and aggregators that can be told
//! what to send, and for tests.

mod wire;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use oms_domain::command::Scan;
use oms_domain::id::{Carrier, EventKey, InvalidId, TrackingNumber};

use crate::callback::{Answer, CallbackProvider};
use crate::carriers::{CarrierCallback, CarrierScan};
use crate::error::{Fault, ProviderError};
use crate::secret::StandardCarrierSecrets;
use crate::standard_webhooks::VerifyingKeys;
use crate::verified::Verified;

/// The carrier's name, in the path of its callbacks and on shipments.
pub const NAME: &str = "standard";

/// Callbacks of the `standard` carrier.
#[derive(Debug)]
pub struct StandardCarrier {
    keys: VerifyingKeys,
    carrier: Carrier,
}

impl StandardCarrier {
    /// Sets it up.
    ///
    /// # Errors
    /// [`ProviderError::SecretEmpty`] or [`ProviderError::SecretMalformed`].
    pub fn new(secrets: &StandardCarrierSecrets) -> Result<Self, ProviderError> {
        let keys = VerifyingKeys::new("standard.webhook_secrets", &secrets.webhook_secrets)?;
        let carrier = Carrier::parse(NAME).map_err(|error| unreadable(&error))?;
        Ok(Self { keys, carrier })
    }
}

impl CallbackProvider for StandardCarrier {
    type Said = CarrierCallback;

    fn verify<'a>(
        &self,
        headers: &HeaderMap,
        raw_body: &'a [u8],
        now: Timestamp,
    ) -> Result<Verified<'a>, ProviderError> {
        self.keys.verify(headers, raw_body, now)
    }

    fn interpret(&self, verified: Verified<'_>) -> Result<CarrierCallback, ProviderError> {
        let event: wire::Event = serde_json::from_slice(verified.body())
            .map_err(|error| ProviderError::NotAnEvent { detail: error.to_string() })?;
        let event_id = EventKey::parse(format!("{NAME}:{}", event.event_id)).map_err(|error| unreadable(&error))?;
        if event.event_id.is_empty() {
            return Err(ProviderError::NotAnEvent { detail: "event_id must not be empty".to_owned() });
        }
        if Scan::from_name(&event.status).is_none() {
            let kind = event.status.chars().filter(|c| !c.is_control()).take(100).collect();
            return Ok(CarrierCallback::Unhandled { key: event_id, kind });
        }
        Ok(CarrierCallback::Scan(CarrierScan {
            event_id,
            carrier: self.carrier.clone(),
            tracking_number: TrackingNumber::parse(event.tracking_number).map_err(|error| unreadable(&error))?,
            status: event.status,
            occurred_at: event.occurred_at,
        }))
    }

    fn accepted(&self) -> Answer {
        Answer::json(StatusCode::OK, r#"{"received":true}"#)
    }

    /// 400 for everything that is signed and not readable: the sender is told what it did wrong, and no money hangs on it.
    fn refused(&self, error: &ProviderError) -> Answer {
        let status = match error.fault() {
            Fault::Unsigned => StatusCode::UNAUTHORIZED,
            Fault::NotAnEvent | Fault::Unreadable => StatusCode::BAD_REQUEST,
            Fault::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Answer::error(status, error)
    }

    fn unavailable(&self) -> Answer {
        Answer::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"Unavailable"}"#)
    }
}

fn unreadable(error: &InvalidId) -> ProviderError {
    ProviderError::NotAnEvent { detail: error.to_string() }
}
