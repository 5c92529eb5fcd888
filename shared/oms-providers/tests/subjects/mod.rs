//! Every payment provider, played: the suites that all of them have to pass ask no more of one than [`Subject`]. A new
//! provider implements it in a file of its own and enters [`SUBJECTS`]; what does not exist there it says with a reason,
//! and the suite's table has to name it.

mod adyen;
mod alipay;
mod paypal;
mod stripe;
mod wechatpay;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::id::PaymentReference;
use serde_json::Value;

/// Every provider that is connected.
pub const SUBJECTS: &[&dyn Subject] =
    &[&stripe::Stripe, &wechatpay::Wechatpay, &alipay::Alipay, &adyen::Adyen, &paypal::Paypal];

/// The private key of a provider that signs with RSA, and its public half.
const THEIRS: &str = include_str!("../providers/keys/theirs.pkcs8.pem");
const THEIR_PUBLIC_KEY: &str = include_str!("../providers/keys/theirs.public.pem");
const THEIR_CERTIFICATE: &str = include_str!("../providers/keys/theirs.certificate.pem");
/// Our own private key, which is a stranger's where a provider ought to have signed.
const OURS: &str = include_str!("../providers/keys/ours.pkcs8.pem");

/// A provider, played.
pub trait Subject: Sync {
    /// Which one.
    fn provider(&self) -> Provider;

    /// The text of its secret: real money, one merchant, one key.
    fn secret(&self) -> String;

    /// How it says an event.
    fn says(&self, event: &Event) -> Delivery;

    /// The signature alone.
    fn signature(&self, of: &Delivery) -> String;

    /// The delivery with these in the place of its signature: none, one or several.
    fn signed(&self, delivery: &Delivery, with: &[&str]) -> Delivery;

    /// Whether the body is signed byte by byte, or why not.
    fn signs_bytes(&self) -> Lacks;

    /// The time that it signs, or why there is none.
    fn clock(&self) -> Result<Clock, &'static str>;

    /// Whether an event names the merchant, or why not.
    fn names_merchant(&self) -> Lacks;

    /// Whether an event says that it is play money, or why not.
    fn names_mode(&self) -> Lacks;

    /// The only currency that there is; none where there are many.
    fn only_currency(&self) -> Option<&'static str>;
}

/// Whether something exists at a provider; the reason why it does not.
pub type Lacks = Result<(), &'static str>;

/// A time that is signed.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// How long after it was signed a delivery is taken, in seconds.
    pub oldest: i64,
    /// The delivery with these in the place of its time, and the signature as it was.
    pub set: fn(&Delivery, &[&str]) -> Delivery,
}

/// What a provider has to say.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its id there.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// Our reference of the payment.
    pub reference: String,
    /// How much was taken, in hundredths of the currency.
    pub hundredths: i64,
    /// The currency, by its code.
    pub currency: &'static str,
    /// Whom it is for.
    pub merchant: Merchant,
    /// Whether it is about real money.
    pub live: bool,
    /// When it is signed.
    pub at: Timestamp,
    /// By whom.
    pub signer: Signer,
}

impl Event {
    /// 186.00 yuan were taken for a payment of ours.
    pub fn paid(reference: &PaymentReference, at: Timestamp) -> Self {
        Self {
            id: "EVT0000000000001".to_owned(),
            kind: Kind::Paid,
            reference: reference.to_string(),
            hundredths: 18_600,
            currency: "CNY",
            merchant: Merchant::Ours,
            live: true,
            at,
            signer: Signer::Provider,
        }
    }

    /// The amount as a decimal text.
    fn amount(&self) -> String {
        let sign = if self.hundredths < 0 { "-" } else { "" };
        let hundredths = self.hundredths.unsigned_abs();
        format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Money was taken.
    Paid,
    /// Something that we do not use.
    Unused,
}

/// Whom an event is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merchant {
    /// The one whose secret is configured.
    Ours,
    /// Somebody else.
    Another,
}

/// Who signs an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The provider.
    Provider,
    /// Somebody who has no key of the provider's.
    Stranger,
}

/// A request to our callback address.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Delivery {
    fn new(headers: impl IntoIterator<Item = (&'static str, String)>, body: impl Into<Vec<u8>>) -> Self {
        let entry = |(name, value): (&'static str, String)| {
            (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap())
        };
        Self { headers: headers.into_iter().map(entry).collect(), body: body.into() }
    }

    /// The same with another body.
    pub fn with_body(&self, body: impl Into<Vec<u8>>) -> Self {
        Self { headers: self.headers.clone(), body: body.into() }
    }

    /// The same with these values of a header: none, one or several.
    fn with_header(&self, name: &'static str, values: &[&str]) -> Self {
        let mut headers = self.headers.clone();
        headers.remove(name);
        for value in values {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Self { headers, body: self.body.clone() }
    }

    /// A header's value, nothing where there is none.
    fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// The body, which is JSON.
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}
