//! What a function is told by its environment variables, read once at its start.
//!
//! A variable that is missing or unreadable stops the function with a sentence that names it: a wrong deployment must
//! not look like a wrong order.

mod by_channel;
mod captures;
mod deposits;
mod payments;
mod refunds;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use oms_domain::body::Provider;
use oms_domain::money::{Currency, Money};
use oms_domain::outgoing::Publish;
use oms_domain::policy::Policy;

pub use payments::CONNECTABLE;

/// Every variable that any function reads; a template names no other.
pub const VARIABLES: &[&str] = &[
    "STAGE",
    "LOG_LEVEL",
    "ORDERS_TABLE",
    "STOCK_TABLE",
    "STIMULI_QUEUE_URL",
    "DELIVERIES_QUEUE_URL",
    "EVENT_BUS_NAME",
    "PUBLISH",
    "PLACEMENT_ARN",
    "FULFILMENT_ARN",
    "REVERSAL_ARN",
    "ITEM_DEADLINE_SECONDS",
    "CREDENTIALS_SECRET_ARN",
    "ORDER_ID_SECRET_ARN",
    "STRIPE_SECRET_ARN",
    "STRIPE_API_BASE",
    "WECHATPAY_SECRET_ARN",
    "WECHATPAY_API_BASE",
    "ALIPAY_SECRET_ARN",
    "ALIPAY_API_BASE",
    "ADYEN_SECRET_ARN",
    "ADYEN_API_BASE",
    "PAYPAL_SECRET_ARN",
    "PAYPAL_API_BASE",
    "PUBLIC_API_URL",
    "START_PAYMENTS",
    "PAYMENT_RETURN_HOSTS",
    "STANDARD_CARRIER_SECRET_ARN",
    "WAREHOUSE_WEBHOOK_SECRET_ARN",
    "BENEFITS_URL",
    "BENEFITS_SECRET_ARN",
    "PAYMENT_WINDOW_SECONDS",
    "HOLD_WINDOW_SECONDS",
    "REVIEW_THRESHOLD",
    "REFUND_APPROVAL_ABOVE",
    "CAPTURE_WHEN",
    "REFUND_FIRST",
    "DEPOSIT_ON_DEFAULT",
    "MAX_LINE_QUANTITY",
    "LIVE_MODE",
    "COD_ENABLED",
    "SHIPMENT_RESPONSE_SECONDS",
    "CLOSE_AFTER_SECONDS",
    "LOOKOUT_SECONDS",
];

/// The longest window that a setting may open: 180 days.
const LONGEST_SECONDS: i64 = 180 * 86_400;

/// A setting that a function cannot start with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct ConfigError {
    /// The variable, or the part of a secret.
    pub name: String,
    /// What is wrong with it; never the value of a secret.
    pub reason: String,
}

impl ConfigError {
    /// A setting that cannot be used.
    pub fn new(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { name: name.into(), reason: reason.into() }
    }
}

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where variables are read: the process, or a list in tests.
pub struct Env(Lookup);

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}

impl Env {
    /// The variables of this process.
    #[must_use]
    pub fn process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// A list of variables and no others.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let map: BTreeMap<String, String> = pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        Self(Box::new(move |name| map.get(name).cloned()))
    }

    /// A variable that is set to something; an empty text counts as not set.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A variable without which the function cannot work.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set.
    pub fn required(&self, name: &str) -> Result<String, ConfigError> {
        self.optional(name).ok_or_else(|| ConfigError::new(name, "is not set"))
    }

    fn number<T>(&self, name: &str, default: T, range: RangeInclusive<T>) -> Result<T, ConfigError>
    where
        T: FromStr + PartialOrd + fmt::Display,
    {
        let Some(text) = self.optional(name) else { return Ok(default) };
        text.parse().ok().filter(|value| range.contains(value)).ok_or_else(|| {
            ConfigError::new(name, format!("must be a whole number from {} to {}", range.start(), range.end()))
        })
    }

    fn amounts(&self, name: &str) -> Result<Vec<Money>, ConfigError> {
        thresholds(name, self.optional(name).as_deref().unwrap_or_default())
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool, ConfigError> {
        match self.optional(name).as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(ConfigError::new(name, "must be true or false")),
        }
    }

    /// `STAGE`: `dev`, `staging`, `prod` or `local` (the default).
    #[must_use]
    pub fn stage(&self) -> String {
        self.optional("STAGE").unwrap_or_else(|| "local".into())
    }

    /// `LOG_LEVEL`, by default `info`: a level, or a filter such as `info,oms_app=debug`.
    #[must_use]
    pub fn log_level(&self) -> String {
        self.optional("LOG_LEVEL").unwrap_or_else(|| "info".into()).to_ascii_lowercase()
    }

    /// `ORDERS_TABLE`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set.
    pub fn orders_table(&self) -> Result<String, ConfigError> {
        self.required("ORDERS_TABLE")
    }

    /// `STOCK_TABLE`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set.
    pub fn stock_table(&self) -> Result<String, ConfigError> {
        self.required("STOCK_TABLE")
    }

    /// `DELIVERIES_QUEUE_URL`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set.
    pub fn deliveries_queue_url(&self) -> Result<String, ConfigError> {
        self.required("DELIVERIES_QUEUE_URL")
    }

    /// `STIMULI_QUEUE_URL`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set.
    pub fn stimuli_queue_url(&self) -> Result<String, ConfigError> {
        self.required("STIMULI_QUEUE_URL")
    }

    /// `EVENT_BUS_NAME`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set.
    pub fn event_bus_name(&self) -> Result<String, ConfigError> {
        self.required("EVENT_BUS_NAME")
    }

    /// `PUBLISH`: which commits leave on the bus, `milestones` (the default) or `all`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is neither.
    pub fn publish(&self) -> Result<Publish, ConfigError> {
        let Some(text) = self.optional("PUBLISH") else { return Ok(Publish::default()) };
        Publish::from_name(&text).ok_or_else(|| ConfigError::new("PUBLISH", "must be milestones or all"))
    }

    /// `PLACEMENT_ARN`, `FULFILMENT_ARN` and `REVERSAL_ARN`, in this order.
    ///
    /// # Errors
    /// [`ConfigError`] when one is not set.
    pub fn state_machines(&self) -> Result<[String; 3], ConfigError> {
        Ok([self.required("PLACEMENT_ARN")?, self.required("FULFILMENT_ARN")?, self.required("REVERSAL_ARN")?])
    }

    /// `ITEM_DEADLINE_SECONDS`: how long the dispatcher waits for one item.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set or not from 1 to 900.
    pub fn item_deadline(&self) -> Result<Duration, ConfigError> {
        self.required("ITEM_DEADLINE_SECONDS")?;
        Ok(Duration::from_secs(self.number("ITEM_DEADLINE_SECONDS", 1, 1..=900)?))
    }

    /// `CREDENTIALS_SECRET_ARN`: who may call, see [`crate::auth::Credentials::parse`].
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set.
    pub fn credentials_secret_arn(&self) -> Result<String, ConfigError> {
        self.required("CREDENTIALS_SECRET_ARN")
    }

    /// `ORDER_ID_SECRET_ARN`: the key that makes order ids unguessable.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set.
    pub fn order_id_secret_arn(&self) -> Result<String, ConfigError> {
        self.required("ORDER_ID_SECRET_ARN")
    }

    /// `STANDARD_CARRIER_SECRET_ARN`; none switches the `standard` carrier's callbacks off.
    #[must_use]
    pub fn standard_carrier_secret_arn(&self) -> Option<String> {
        self.optional("STANDARD_CARRIER_SECRET_ARN")
    }

    /// `WAREHOUSE_WEBHOOK_SECRET_ARN`; none switches webhooks to locations off.
    #[must_use]
    pub fn warehouse_webhook_secret_arn(&self) -> Option<String> {
        self.optional("WAREHOUSE_WEBHOOK_SECRET_ARN")
    }

    /// `BENEFITS_URL` and `BENEFITS_SECRET_ARN`: the service that keeps count of coupons, points and gift cards, without a slash at
    /// the end, and the secret that signs what it is told. None switches it off.
    ///
    /// # Errors
    /// [`ConfigError`] when the address has no secret beside it, or is not https (http is taken for this machine only).
    pub fn benefits(&self) -> Result<Option<(String, String)>, ConfigError> {
        let (url, secret) = (self.optional("BENEFITS_URL"), self.optional("BENEFITS_SECRET_ARN"));
        match (url, secret) {
            (Some(url), Some(secret)) => Ok(Some((payments::address("BENEFITS_URL", &url, true)?, secret))),
            // The address switches it on; a secret may lie ready.
            (None, _) => Ok(None),
            (Some(_), None) => Err(ConfigError::new("BENEFITS_SECRET_ARN", "is not set, and BENEFITS_URL is")),
        }
    }

    /// The shop's settings. A provider is a way to pay when its secret is named, the channel always is, and gift cards are
    /// where a service keeps count of them.
    ///
    /// # Errors
    /// [`ConfigError`] when one of the variables cannot be read.
    pub fn policy(&self) -> Result<Policy, ConfigError> {
        let mut providers = BTreeSet::from([Provider::Channel]);
        if self.flag("COD_ENABLED", true)? {
            providers.insert(Provider::Cod);
        }
        providers.extend(self.provider_secret_arns().into_keys());
        Ok(Policy {
            payment_window_seconds: self.number("PAYMENT_WINDOW_SECONDS", 1_800, 1..=LONGEST_SECONDS)?,
            hold_window_seconds: self.number("HOLD_WINDOW_SECONDS", 86_400, 1..=LONGEST_SECONDS)?,
            review_thresholds: self.amounts("REVIEW_THRESHOLD")?,
            refund_approval_above: self.amounts("REFUND_APPROVAL_ABOVE")?,
            capture_when: self.capture_when()?,
            refund_first: self.refund_first()?,
            deposit_on_default: self.deposit_on_default()?,
            max_line_quantity: self.number("MAX_LINE_QUANTITY", 999, 1..=oms_domain::MAX_QUANTITY)?,
            live: self.flag("LIVE_MODE", false)?,
            benefits: self.optional("BENEFITS_URL").is_some(),
            providers,
            shipment_response_seconds: self.number("SHIPMENT_RESPONSE_SECONDS", 86_400, 1..=LONGEST_SECONDS)?,
            close_after_seconds: self.number("CLOSE_AFTER_SECONDS", 1_296_000, 1..=LONGEST_SECONDS)?,
            lookout_seconds: self.number("LOOKOUT_SECONDS", 300, 10..=LONGEST_SECONDS)?,
        })
    }
}

/// The shop's settings from the variables of this process.
///
/// # Errors
/// [`ConfigError`] when one of them cannot be read.
pub fn policy_from_env() -> Result<Policy, ConfigError> {
    Env::process().policy()
}

/// `CNY=5000.00,USD=1000.00`: at most one amount for each currency.
fn thresholds(name: &str, text: &str) -> Result<Vec<Money>, ConfigError> {
    let wrong = |reason: String| ConfigError::new(name, reason);
    let mut all: Vec<Money> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (code, amount) = part.split_once('=').ok_or_else(|| wrong(format!("{part:?} must be like CNY=5000.00")))?;
        let money = Currency::parse(code.trim())
            .and_then(|currency| Money::parse(amount.trim(), currency))
            .map_err(|error| wrong(error.to_string()))?;
        if money.is_negative() {
            return Err(wrong(format!("{money} is below zero")));
        }
        if all.iter().any(|known| known.currency() == money.currency()) {
            return Err(wrong(format!("{} stands there twice", money.currency())));
        }
        all.push(money);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    #[test]
    fn defaults_make_a_policy() {
        let policy = Env::of([]).policy().unwrap();
        assert_eq!(policy.payment_window_seconds, 1_800);
        assert_eq!(policy.hold_window_seconds, 86_400);
        assert_eq!(policy.max_line_quantity, 999);
        assert!(!policy.live);
        assert_eq!(policy.providers, BTreeSet::from([Provider::Cod, Provider::Channel]));
        assert!(policy.review_thresholds.is_empty() && policy.refund_approval_above.is_empty());
    }

    #[test]
    fn variables_change_the_policy() {
        let policy = Env::of([
            ("PAYMENT_WINDOW_SECONDS", "5"),
            ("REVIEW_THRESHOLD", "CNY=5000.00, USD=1000"),
            ("REFUND_APPROVAL_ABOVE", "CNY=200"),
            ("CAPTURE_WHEN", "web=shipped"),
            ("LIVE_MODE", "true"),
            ("COD_ENABLED", "false"),
            ("STRIPE_SECRET_ARN", "arn:stripe"),
            ("ALIPAY_SECRET_ARN", "arn:alipay"),
        ])
        .policy()
        .unwrap();
        assert_eq!(policy.payment_window_seconds, 5);
        let texts: Vec<String> = policy.review_thresholds.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["5000.00 CNY", "1000.00 USD"]);
        assert_eq!(policy.refund_approval_above[0].to_string(), "200.00 CNY");
        assert!(policy.live);
        assert_eq!(policy.providers, BTreeSet::from([Provider::Stripe, Provider::Alipay, Provider::Channel]));
    }

    #[test]
    fn the_benefit_service_is_on_with_its_address() {
        let (url, arn) = (("BENEFITS_URL", "https://points.example.com/v1/"), ("BENEFITS_SECRET_ARN", "arn:x"));
        let on = Env::of([url, arn]);
        assert_eq!(on.benefits().unwrap(), Some(("https://points.example.com/v1".into(), "arn:x".into())));
        assert!(on.policy().unwrap().benefits);
        let off = Env::of([arn]);
        assert_eq!((off.benefits().unwrap(), off.policy().unwrap().benefits), (None, false));
        assert_eq!(Env::of([url]).benefits().unwrap_err().name, "BENEFITS_SECRET_ARN");
        for wrong in
            ["http://points.example.com", "https://points.example.com/v1?shop=1", "https://points.example.com/#1"]
        {
            assert_eq!(Env::of([("BENEFITS_URL", wrong), arn]).benefits().unwrap_err().name, "BENEFITS_URL", "{wrong}");
        }
    }

    #[test]
    fn a_broken_variable_is_named() {
        for (name, value) in [
            ("PAYMENT_WINDOW_SECONDS", "0"),
            ("PAYMENT_WINDOW_SECONDS", "soon"),
            ("HOLD_WINDOW_SECONDS", "-1"),
            ("REVIEW_THRESHOLD", "5000"),
            ("REVIEW_THRESHOLD", "XYZ=1"),
            ("REVIEW_THRESHOLD", "JPY=1.5"),
            ("REVIEW_THRESHOLD", "CNY=1,CNY=2"),
            ("REVIEW_THRESHOLD", "CNY=-1"),
            ("REFUND_APPROVAL_ABOVE", "CNY"),
            ("REFUND_APPROVAL_ABOVE", "CNY=1.001"),
            ("CAPTURE_WHEN", "web"),
            ("REFUND_FIRST", "points"),
            ("DEPOSIT_ON_DEFAULT", "web=half"),
            ("MAX_LINE_QUANTITY", "0"),
            ("LIVE_MODE", "yes"),
            ("COD_ENABLED", "1"),
            ("SHIPMENT_RESPONSE_SECONDS", "1.5"),
            ("CLOSE_AFTER_SECONDS", "99999999999"),
        ] {
            let error = Env::of([(name, value)]).policy().unwrap_err();
            assert_eq!(error.name, name, "{value}");
        }
    }

    #[test]
    fn what_is_required_is_required() {
        let env = Env::of([("ORDERS_TABLE", " "), ("STOCK_TABLE", "stock"), ("ITEM_DEADLINE_SECONDS", "20")]);
        assert_eq!(env.orders_table().unwrap_err().to_string(), "ORDERS_TABLE: is not set");
        assert_eq!(env.stock_table().unwrap(), "stock");
        assert_eq!(env.item_deadline().unwrap(), Duration::from_secs(20));
        assert_eq!(Env::of([]).item_deadline().unwrap_err().name, "ITEM_DEADLINE_SECONDS");
        assert_eq!(Env::of([("PLACEMENT_ARN", "a")]).state_machines().unwrap_err().name, "FULFILMENT_ARN");
    }

    #[test]
    fn milestones_leave_unless_all_is_asked_for() {
        let publish = |text| Env::of([("PUBLISH", text)]).publish();
        assert_eq!((publish(""), publish("all")), (Ok(Publish::Milestones), Ok(Publish::All)));
        assert_eq!(publish("everything").unwrap_err().to_string(), "PUBLISH: must be milestones or all");
    }
}
