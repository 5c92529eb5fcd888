//! Taking an order in: durable before it is answered, and one order however often it is sent.

use std::sync::Arc;

use data_encoding::{Encoding, HEXLOWER_PERMISSIVE, Specification};
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use oms_domain::body::PlacedOrder;
use oms_domain::event::{Actor, OrderEvent};
use oms_domain::id::{Channel, ChannelOrderId, EventKey, OrderId};
use oms_domain::order::Order;
use sha2::Sha256;

use crate::commit::commit;
use crate::engine::Engine;
use crate::error::{AppError, PortError, StoreError};
use crate::ports::{KeyState, KeyStore};

/// How long a request may hold its key, in seconds: longer than the function may run.
const LEASE_SECONDS: i64 = 30;
/// How often the order is written before its sender hears of the trouble.
const MOST_TRIES: u32 = 4;
/// Characters of an order id: 130 bits, and with `P01` behind it still a provider's 32.
const ID_LENGTH: usize = 26;

/// Makes order ids from what names an order, so that one order has one id without a look-up. Nobody without the key
/// can guess an id. The key must stay the same for as long as channels may send an order again.
#[derive(Clone)]
pub struct OrderIds {
    key: Vec<u8>,
    encoding: Encoding,
}

impl OrderIds {
    /// From a secret of at least 32 bytes.
    ///
    /// # Errors
    /// [`PortError`] when it is shorter.
    pub fn new(key: &[u8]) -> Result<Self, PortError> {
        let fail = |detail: String| PortError { port: "order id key", detail };
        if key.len() < 32 {
            return Err(fail("must have at least 32 bytes".into()));
        }
        let mut specification = Specification::new();
        // Crockford's alphabet: no letters that are read as digits.
        specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
        let encoding = specification.encoding().map_err(|e| fail(e.to_string()))?;
        Ok(Self { key: key.to_vec(), encoding })
    }

    /// From the secret's text, `{"key":"<hex of at least 32 bytes>"}`.
    ///
    /// # Errors
    /// [`PortError`] when it has another form; the key itself is in no message.
    pub fn from_secret(text: &str) -> Result<Self, PortError> {
        #[derive(serde::Deserialize)]
        struct Secret {
            key: String,
        }
        let fail = |detail: &str| PortError { port: "order id key", detail: detail.into() };
        let secret: Secret = serde_json::from_str(text).map_err(|_| fail("must be {\"key\": \"…\"}"))?;
        let key = HEXLOWER_PERMISSIVE.decode(secret.key.as_bytes()).map_err(|_| fail("must be hexadecimal"))?;
        Self::new(&key)
    }

    /// The id of the order that a channel calls by this number.
    ///
    /// # Errors
    /// Never, as far as is known; the types of the parts it is made of allow for one.
    pub fn id(&self, channel: &Channel, number: &ChannelOrderId) -> Result<OrderId, PortError> {
        let fail = |detail: String| PortError { port: "order id", detail };
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key).map_err(|e| fail(e.to_string()))?;
        mac.update(channel.as_str().as_bytes());
        mac.update(&[0]);
        mac.update(number.as_str().as_bytes());
        let text = self.encoding.encode(&mac.finalize().into_bytes());
        OrderId::parse(text.chars().take(ID_LENGTH).collect::<String>()).map_err(|e| fail(e.to_string()))
    }
}

/// A request to take an order in.
#[derive(Debug, Clone)]
pub struct Request {
    /// The credential's name.
    pub credential: String,
    /// The `Idempotency-Key`.
    pub key: String,
    /// The hash of the parsed body.
    pub body_hash: String,
    /// Its id.
    pub order_id: OrderId,
    /// The order.
    pub body: PlacedOrder,
}

/// Why an order is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The first request with this key is still at work.
    #[error("the first request with this idempotency key is still in flight")]
    InFlight,
    /// The key was used with another body.
    #[error("the idempotency key was used with another body")]
    KeyReused,
    /// The channel has sent this order under another key.
    #[error("this channel order exists already")]
    Duplicate(OrderId),
    /// The table or the queue failed.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<StoreError> for IntakeError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// The intake.
#[derive(Clone)]
pub struct Intake {
    /// Orders.
    pub engine: Engine,
    /// Keys.
    pub keys: Arc<dyn KeyStore>,
}

impl Intake {
    /// Takes an order in. After `Ok` it is durable, whatever crashes; a replay gives the same id.
    ///
    /// # Errors
    /// [`IntakeError`]; after an [`IntakeError::App`] the same request may be sent again.
    pub async fn place(&self, request: &Request) -> Result<OrderId, IntakeError> {
        let now = self.engine.clock.now();
        let until = now.checked_add(SignedDuration::from_secs(LEASE_SECONDS)).unwrap_or(now);
        let Request { credential, key, body_hash, order_id, body } = request;
        match self.keys.lease(credential, key, body_hash, order_id, now, until).await? {
            KeyState::OtherBody => return Err(IntakeError::KeyReused),
            KeyState::Known(known) => match self.engine.orders.load(&known).await? {
                Some(existing) if existing.order.applied.contains(&cause(request)?) => return Ok(known),
                // The key is this request's, the order another's: it stays a duplicate however often it is sent.
                Some(_) => return Err(IntakeError::Duplicate(known)),
                None => {}
            },
            // The first request may be done but for its answer.
            KeyState::InFlight => match self.engine.orders.load(order_id).await? {
                Some(existing) if existing.order.applied.contains(&cause(request)?) => {
                    return Ok(order_id.clone());
                }
                Some(_) | None => return Err(IntakeError::InFlight),
            },
            KeyState::Leased => {}
        }
        let fresh = Order::received(order_id.clone(), body.clone(), now);
        let events = vec![OrderEvent::Received { body: Box::new(body.clone()) }];
        let actor = Actor::named(credential.clone());
        let (mut first, order) = commit(&fresh, events, &actor, Some(cause(request)?), &self.engine.policy, now);
        // Tried again here, since the sender's next try would meet this one's lease.
        for attempt in 1.. {
            match self.engine.store(&mut first, &[], now).await {
                Ok(()) => {
                    self.engine.send_on(&fresh, &order, None).await;
                    break;
                }
                Err(StoreError::VersionTaken) => {
                    let existing = self.engine.orders.load(order_id).await?.ok_or(AppError::NotFound("order"))?;
                    if !existing.order.applied.contains(&cause(request)?) {
                        return Err(IntakeError::Duplicate(order_id.clone()));
                    }
                    self.engine.send_on(&fresh, &existing.order, None).await;
                    break;
                }
                Err(StoreError::Contended(_) | StoreError::Unavailable(_)) if attempt < MOST_TRIES => {
                    self.engine.backoff.pause(attempt).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(order_id.clone())
    }
}

/// What ties a stored order to the request that made it.
fn cause(request: &Request) -> Result<EventKey, AppError> {
    let hash: String = request.body_hash.chars().take(16).collect();
    EventKey::parse(format!("intake:{}:{}#{hash}", request.credential, request.key))
        .map_err(|e| PortError { port: "idempotency key", detail: e.to_string() }.into())
}
