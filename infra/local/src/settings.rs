//! `--set key=value`: what can be chosen for a local stack, and the template parameter that each choice becomes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{LocalError, Result};

/// What a value must look like, so that a slip is told here and not by a failed deployment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Whole number above zero.
    Positive,
    /// `true` or `false`.
    Flag,
    /// `http://…` or `https://…`, without a slash at the end.
    Address,
    /// `CNY=5000.00,USD=1000.00`, or nothing for no threshold.
    Amounts,
    /// `*=provider,web=shipped`.
    Moments,
    /// `money` or `gift_card`.
    Money,
    /// `*=refund,web=keep`.
    Deposits,
    /// A level name of the log.
    Level,
}

/// One thing that can be set.
#[derive(Debug)]
pub struct Setting {
    /// The key on the command line.
    pub key: &'static str,
    /// The parameter of `infra/template.yaml`.
    pub parameter: &'static str,
    /// For the list of known keys.
    pub meaning: &'static str,
    kind: Kind,
}

/// The base address of Stripe's API: where refunds go.
pub const STRIPE_API_BASE: &str = "providers.stripe.api_base";
/// The same of WeChat Pay's API.
pub const WECHATPAY_API_BASE: &str = "providers.wechatpay.api_base";
/// The same of Alipay's, without `/gateway.do`.
pub const ALIPAY_API_BASE: &str = "providers.alipay.api_base";
/// The same of Adyen's, without the version.
pub const ADYEN_API_BASE: &str = "providers.adyen.api_base";
/// The same of PayPal's.
pub const PAYPAL_API_BASE: &str = "providers.paypal.api_base";
/// When money is taken, by channel.
pub const CAPTURE_WHEN: &str = "order.capture_when";
/// Where coupons, points and gift cards are kept count of.
pub const BENEFITS_URL: &str = "benefits.url";
/// How long an order may stay unpaid, in seconds.
pub const PAYMENT_WINDOW: &str = "order.payment_window_seconds";

/// Amounts above which a person looks at an order.
pub const REVIEW_THRESHOLD: &str = "order.review_threshold";

/// Everything that can be set, in the order in which it is listed.
pub const KNOWN: [Setting; 20] = [
    Setting {
        key: STRIPE_API_BASE,
        parameter: "StripeApiBase",
        meaning: "address of Stripe's API, or of a stand-in",
        kind: Kind::Address,
    },
    Setting {
        key: WECHATPAY_API_BASE,
        parameter: "WechatpayApiBase",
        meaning: "address of WeChat Pay's API, or of a stand-in",
        kind: Kind::Address,
    },
    Setting {
        key: ALIPAY_API_BASE,
        parameter: "AlipayApiBase",
        meaning: "address of Alipay's API without /gateway.do, or of a stand-in",
        kind: Kind::Address,
    },
    Setting {
        key: ADYEN_API_BASE,
        parameter: "AdyenApiBase",
        meaning: "address of Adyen's API without the version, or of a stand-in",
        kind: Kind::Address,
    },
    Setting {
        key: PAYPAL_API_BASE,
        parameter: "PaypalApiBase",
        meaning: "address of PayPal's API, or of a stand-in",
        kind: Kind::Address,
    },
    Setting {
        key: BENEFITS_URL,
        parameter: "BenefitsUrl",
        meaning: "address of the service that keeps count of coupons, points and gift cards, such as `cargo local benefits`",
        kind: Kind::Address,
    },
    Setting {
        key: "providers.stripe.live_mode",
        parameter: "LiveMode",
        meaning: "true takes live callbacks and refuses test ones",
        kind: Kind::Flag,
    },
    Setting {
        key: PAYMENT_WINDOW,
        parameter: "PaymentWindowSeconds",
        meaning: "how long an order may stay unpaid",
        kind: Kind::Positive,
    },
    Setting {
        key: "order.hold_window_seconds",
        parameter: "HoldWindowSeconds",
        meaning: "how long a hold may wait for an answer",
        kind: Kind::Positive,
    },
    Setting {
        key: REVIEW_THRESHOLD,
        parameter: "ReviewThreshold",
        meaning: "amounts above which a person looks, such as CNY=5000.00,USD=1000.00",
        kind: Kind::Amounts,
    },
    Setting {
        key: "order.refund_approval_above",
        parameter: "RefundApprovalAbove",
        meaning: "what people send back of one order above this waits for a second person, such as CNY=200.00",
        kind: Kind::Amounts,
    },
    Setting {
        key: CAPTURE_WHEN,
        parameter: "CaptureWhen",
        meaning: "when authorized payments are captured, by channel, such as *=provider,web=shipped",
        kind: Kind::Moments,
    },
    Setting {
        key: "order.refund_first",
        parameter: "RefundFirst",
        meaning: "what a refund takes from first where an order was paid by gift card and by other money",
        kind: Kind::Money,
    },
    Setting {
        key: "order.deposit_on_default",
        parameter: "DepositOnDefault",
        meaning: "what becomes of deposits whose balance does not come, by channel, such as *=refund,web=keep",
        kind: Kind::Deposits,
    },
    Setting {
        key: "order.max_line_quantity",
        parameter: "MaxLineQuantity",
        meaning: "most units on one line",
        kind: Kind::Positive,
    },
    Setting {
        key: "order.cod_enabled",
        parameter: "CodEnabled",
        meaning: "whether cash on delivery is offered",
        kind: Kind::Flag,
    },
    Setting {
        key: "order.shipment_response_seconds",
        parameter: "ShipmentResponseSeconds",
        meaning: "how long a warehouse may leave a released shipment unanswered",
        kind: Kind::Positive,
    },
    Setting {
        key: "order.close_after_seconds",
        parameter: "CloseAfterSeconds",
        meaning: "how long after completion an order closes",
        kind: Kind::Positive,
    },
    Setting {
        key: "order.lookout_seconds",
        parameter: "LookoutSeconds",
        meaning: "how long queues have before the sweep looks at an order (at least 10)",
        kind: Kind::Positive,
    },
    Setting {
        key: "log.level",
        parameter: "LogLevel",
        meaning: "error, warn, info, debug or trace",
        kind: Kind::Level,
    },
];

/// The chosen values by key. What is not chosen keeps the template's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads `key=value` pairs; the last of several for one key counts.
    ///
    /// # Errors
    /// An unknown key, with the list of known ones; a value that does not fit its key.
    pub fn parse<S: AsRef<str>>(pairs: &[S]) -> Result<Self> {
        let mut settings = Self::default();
        for pair in pairs {
            let (key, value) = pair.as_ref().split_once('=').ok_or_else(|| {
                LocalError::blocked(
                    format!("`--set {}` has no `=`", pair.as_ref()),
                    format!("write it as `--set {PAYMENT_WINDOW}=60`"),
                )
            })?;
            settings.set(key.trim(), value.trim())?;
        }
        Ok(settings)
    }

    /// Chooses one value.
    ///
    /// # Errors
    /// As for [`Settings::parse`].
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let setting = KNOWN.iter().find(|setting| setting.key == key).ok_or_else(|| unknown(key))?;
        if let Some(expected) = mismatch(setting.kind, value) {
            return Err(LocalError::blocked(
                format!("`{key}` cannot be `{value}`"),
                format!("give {expected}: {}", setting.meaning),
            ));
        }
        self.0.insert(key.to_owned(), value.trim_end_matches('/').to_owned());
        Ok(())
    }

    /// The same choices with one more, which must be a known key and a fitting value.
    ///
    /// # Errors
    /// As for [`Settings::set`].
    pub fn with(&self, key: &str, value: &str) -> Result<Self> {
        let mut changed = self.clone();
        changed.set(key, value)?;
        Ok(changed)
    }

    /// A chosen value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All choices by key.
    pub fn chosen(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The choices as template parameters.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        KNOWN
            .iter()
            .filter_map(|setting| self.0.get(setting.key).map(|value| (setting.parameter.to_owned(), value.clone())))
            .collect()
    }
}

/// Where a provider's API is, by the template's parameters.
pub fn api_base(parameters: &BTreeMap<String, String>, provider: &str) -> String {
    let key = format!("providers.{provider}.api_base");
    let of_it = KNOWN.iter().find(|setting| setting.key == key).and_then(|setting| parameters.get(setting.parameter));
    of_it.cloned().unwrap_or_default()
}

/// The known keys, one a line.
pub fn listing() -> String {
    let width = KNOWN.iter().map(|setting| setting.key.len()).max().unwrap_or_default();
    KNOWN
        .iter()
        .map(|setting| format!("    {:width$}  {}", setting.key, setting.meaning))
        .collect::<Vec<_>>()
        .join("\n")
}

fn unknown(key: &str) -> LocalError {
    LocalError::blocked(format!("`{key}` is no setting"), format!("use one of\n{}", listing()))
}

/// What was expected, if the value is something else.
fn mismatch(kind: Kind, value: &str) -> Option<&'static str> {
    let (fits, expected) = match kind {
        Kind::Positive => (value.parse::<u32>().is_ok_and(|number| number > 0), "a whole number above zero"),
        Kind::Flag => (matches!(value, "true" | "false"), "`true` or `false`"),
        Kind::Address => {
            let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
            let fits = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace));
            (fits, "an address that begins with http:// or https://")
        }
        Kind::Amounts => {
            (value.is_empty() || value.split(',').all(is_amount), "CURRENCY=amount pairs with commas between")
        }
        Kind::Moments => {
            let moments = ["provider", "release", "shipped", "delivered"];
            (by_channel(value, &moments), "channel=moment pairs with commas between, `*` for every other channel")
        }
        Kind::Deposits => {
            let fits = by_channel(value, &["refund", "keep"]);
            (fits, "channel=refund or channel=keep pairs with commas between, `*` for every other channel")
        }
        Kind::Money => (matches!(value, "money" | "gift_card"), "`money` or `gift_card`"),
        Kind::Level => (
            matches!(value, "error" | "warn" | "info" | "debug" | "trace"),
            "`error`, `warn`, `info`, `debug` or `trace`",
        ),
    };
    (!fits).then_some(expected)
}

/// `web=shipped,*=provider`: one of the known values for each channel, `*` for every other one.
fn by_channel(value: &str, known: &[&str]) -> bool {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let named = |channel: &str| channel == "*" || (!channel.is_empty() && plain(channel));
    value.split(',').all(|pair| pair.split_once('=').is_some_and(|(channel, of)| named(channel) && known.contains(&of)))
}

/// `CNY=5000.00`: how many decimals a currency has is the product's knowledge, not this program's.
fn is_amount(pair: &str) -> bool {
    let Some((currency, amount)) = pair.split_once('=') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let amount_fits = match amount.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(amount),
    };
    currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase()) && amount_fits
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{KNOWN, Settings};

    fn refusal(pair: &str) -> String {
        Settings::parse(&[pair]).unwrap_err().to_string()
    }

    #[test]
    fn choices_become_parameters() {
        let settings = Settings::parse(&[
            "providers.stripe.api_base=http://127.0.0.1:9999/",
            "order.payment_window_seconds=5",
            "order.review_threshold=CNY=5000.00,USD=1000",
        ])
        .unwrap();
        let parameters = settings.parameters();
        assert_eq!(parameters["StripeApiBase"], "http://127.0.0.1:9999");
        assert_eq!(parameters["PaymentWindowSeconds"], "5");
        assert_eq!(parameters["ReviewThreshold"], "CNY=5000.00,USD=1000");
        assert_eq!(parameters.len(), 3);
    }

    #[test]
    fn the_last_choice_counts() {
        let settings = Settings::parse(&["log.level=info", "log.level=debug"]).unwrap();
        assert_eq!(settings.get("log.level"), Some("debug"));
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_known_ones() {
        let text = refusal("order.window=5");
        for setting in &KNOWN {
            assert!(text.contains(setting.key), "{} is missing in: {text}", setting.key);
        }
    }

    #[test]
    fn values_that_do_not_fit_are_refused() {
        for pair in [
            "order.payment_window_seconds=0",
            "order.payment_window_seconds=soon",
            "order.cod_enabled=yes",
            "providers.stripe.api_base=127.0.0.1:9999",
            "providers.stripe.api_base=http://",
            "order.review_threshold=CNY",
            "order.review_threshold=CNY=1.",
            "order.review_threshold=cny=1.00",
            "order.capture_when=web=later",
            "order.deposit_on_default=web=half",
            "order.deposit_on_default=keep",
            "log.level=loud",
            "order.refund_first=points",
        ] {
            assert!(refusal(pair).contains("cannot be"), "{pair}");
        }
        assert!(refusal("order.cod_enabled").contains("has no `=`"));
    }

    #[test]
    fn no_threshold_can_be_chosen() {
        assert_eq!(Settings::parse(&["order.review_threshold="]).unwrap().parameters()["ReviewThreshold"], "");
    }

    #[test]
    fn every_parameter_is_one_of_the_template() {
        let template = crate::layout::Layout::of_workspace().template();
        let text = std::fs::read_to_string(&template).unwrap();
        let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(&text).unwrap();
        for setting in &KNOWN {
            assert!(template["Parameters"].get(setting.parameter).is_some(), "{}", setting.parameter);
        }
    }
}
