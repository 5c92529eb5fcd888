//! Amounts as Stripe counts them: integers of a unit that is mostly, but not always, the currency's own minor unit.
//!
//! Source: <https://docs.stripe.com/currencies>, sections "Zero-decimal currencies", "Three-decimal currencies" and
//! "Special cases". Everything that is not listed here has two decimals at Stripe, which holds only where ISO 4217 says
//! two as well: a currency of another exponent that Stripe does not document is refused, since a guess would be wrong by
//! a factor of ten or more.

use oms_domain::money::{Currency, Money, MoneyError};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::error::ProviderError;

/// How Stripe counts a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unit {
    /// How many decimal digits the integer holds.
    digits: u32,
    /// The integer must be a multiple of this when we send it.
    step: i64,
}

const ORDINARY: Unit = Unit { digits: 2, step: 1 };

/// The currencies that Stripe's page treats apart.
///
/// - No decimals: the integer is whole units. MGA is among them although ISO 4217 gives it two digits.
/// - Three decimals, of which the card networks take two: the last digit must be 0.
/// - ISK and UGX have become whole currencies, but for compatibility their amounts keep two decimals that are always 00
///   (UGX also stands in the page's list of zero-decimal currencies; the special case is the rule that holds).
/// - HUF and TWD are whole only for payouts, which we do not make; charges and refunds have two ordinary decimals. They
///   are listed so that nobody adds them to the first group.
const SPECIAL: &[(&str, Unit)] = &[
    ("BIF", Unit { digits: 0, step: 1 }),
    ("CLP", Unit { digits: 0, step: 1 }),
    ("DJF", Unit { digits: 0, step: 1 }),
    ("GNF", Unit { digits: 0, step: 1 }),
    ("JPY", Unit { digits: 0, step: 1 }),
    ("KMF", Unit { digits: 0, step: 1 }),
    ("KRW", Unit { digits: 0, step: 1 }),
    ("MGA", Unit { digits: 0, step: 1 }),
    ("PYG", Unit { digits: 0, step: 1 }),
    ("RWF", Unit { digits: 0, step: 1 }),
    ("VND", Unit { digits: 0, step: 1 }),
    ("VUV", Unit { digits: 0, step: 1 }),
    ("XAF", Unit { digits: 0, step: 1 }),
    ("XOF", Unit { digits: 0, step: 1 }),
    ("XPF", Unit { digits: 0, step: 1 }),
    ("BHD", Unit { digits: 3, step: 10 }),
    ("JOD", Unit { digits: 3, step: 10 }),
    ("KWD", Unit { digits: 3, step: 10 }),
    ("OMR", Unit { digits: 3, step: 10 }),
    ("TND", Unit { digits: 3, step: 10 }),
    ("ISK", Unit { digits: 2, step: 100 }),
    ("UGX", Unit { digits: 2, step: 100 }),
    ("HUF", ORDINARY),
    ("TWD", ORDINARY),
];

fn unit(currency: Currency) -> Result<Unit, ProviderError> {
    let special = SPECIAL.iter().find(|(code, _)| *code == currency.code()).map(|(_, unit)| *unit);
    match special {
        Some(unit) => Ok(unit),
        None if currency.exponent() == ORDINARY.digits => Ok(ORDINARY),
        None => Err(unsupported(currency.code())),
    }
}

/// Reads an amount of Stripe's: its integer and its currency code, which Stripe writes in lower case.
///
/// # Errors
/// [`ProviderError::CurrencyUnsupported`], or [`ProviderError::AmountUnsupported`] for what is not above nothing, beyond
/// what an order may hold, or finer than the currency (a fraction of a króna).
pub(crate) fn from_stripe(units: i64, code: &str) -> Result<Money, ProviderError> {
    let currency = Currency::parse(&code.to_ascii_uppercase()).map_err(|_| unsupported(code))?;
    let refuse = |reason| ProviderError::AmountUnsupported {
        amount: units.to_string(),
        currency: currency.code().to_owned(),
        reason,
    };
    if units <= 0 {
        return Err(refuse("not above nothing"));
    }
    let amount = Decimal::try_from_i128_with_scale(i128::from(units), unit(currency)?.digits)
        .map_err(|_| refuse("out of range"))?;
    Money::new(amount, currency).map_err(|error| match error {
        MoneyError::ExcessDigits { .. } => refuse("finer than the currency"),
        MoneyError::UnknownCurrency(_)
        | MoneyError::NotANumber(_)
        | MoneyError::CurrencyMismatch { .. }
        | MoneyError::OutOfRange => refuse("out of range"),
    })
}

/// Writes an amount as Stripe's integer.
///
/// # Errors
/// [`ProviderError::CurrencyUnsupported`], or [`ProviderError::AmountUnsupported`] for what is not above nothing or what
/// Stripe cannot take to the last digit; it is never rounded.
pub(crate) fn to_stripe(money: Money) -> Result<i64, ProviderError> {
    let refuse = |reason| ProviderError::AmountUnsupported {
        amount: money.amount().to_string(),
        currency: money.currency().code().to_owned(),
        reason,
    };
    if !money.is_positive() {
        return Err(refuse("not above nothing"));
    }
    let unit = unit(money.currency())?;
    let factor = Decimal::from(10_i64.pow(unit.digits));
    let units = money.amount().checked_mul(factor).ok_or_else(|| refuse("out of range"))?;
    if !units.fract().is_zero() {
        return Err(refuse("Stripe has no unit as fine as this"));
    }
    let units = units.to_i64().ok_or_else(|| refuse("out of range"))?;
    if units % unit.step == 0 { Ok(units) } else { Err(refuse("Stripe takes this currency in coarser steps only")) }
}

fn unsupported(code: &str) -> ProviderError {
    ProviderError::CurrencyUnsupported { provider: "stripe", code: code.chars().take(12).collect() }
}
