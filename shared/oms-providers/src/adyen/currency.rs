//! Amounts as Adyen counts them: integers of the currency's minor unit, which is ISO 4217's for all currencies but four.
//!
//! Source: <https://docs.adyen.com/development-resources/currency-codes>: CLP and ISK have two decimals at Adyen and none
//! in the standard; CVE and IDR have none at Adyen and two in the standard. Nothing is rounded in either direction.

use oms_domain::money::{Currency, Money, MoneyError};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::error::ProviderError;

/// The most decimals that any currency of Adyen's has.
const MOST_DIGITS: u32 = 3;

/// How many decimals Adyen's integers hold.
fn digits(currency: Currency) -> Result<u32, ProviderError> {
    match currency.code() {
        "CLP" | "ISK" => Ok(2),
        "CVE" | "IDR" => Ok(0),
        _ if currency.exponent() <= MOST_DIGITS => Ok(currency.exponent()),
        code => Err(unsupported(code)),
    }
}

/// Reads an amount of Adyen's.
///
/// # Errors
/// [`ProviderError::CurrencyUnsupported`], or [`ProviderError::AmountUnsupported`] for what is not above nothing, beyond
/// what an order may hold, or finer than the currency (a fraction of a króna).
pub(super) fn from_adyen(units: i64, code: &str) -> Result<Money, ProviderError> {
    let currency = Currency::parse(code).map_err(|_| unsupported(code))?;
    let refuse = |reason| ProviderError::AmountUnsupported {
        amount: units.to_string(),
        currency: currency.code().to_owned(),
        reason,
    };
    if units <= 0 {
        return Err(refuse("not above nothing"));
    }
    let amount =
        Decimal::try_from_i128_with_scale(i128::from(units), digits(currency)?).map_err(|_| refuse("out of range"))?;
    Money::new(amount, currency).map_err(|error| match error {
        MoneyError::ExcessDigits { .. } => refuse("finer than the currency"),
        MoneyError::UnknownCurrency(_)
        | MoneyError::NotANumber(_)
        | MoneyError::CurrencyMismatch { .. }
        | MoneyError::OutOfRange => refuse("out of range"),
    })
}

/// Writes an amount as Adyen's integer.
///
/// # Errors
/// [`ProviderError::CurrencyUnsupported`], or [`ProviderError::AmountUnsupported`] for what is not above nothing or what
/// Adyen cannot take to the last digit.
pub(super) fn to_adyen(money: Money) -> Result<i64, ProviderError> {
    let refuse = |reason| ProviderError::AmountUnsupported {
        amount: money.amount().to_string(),
        currency: money.currency().code().to_owned(),
        reason,
    };
    if !money.is_positive() {
        return Err(refuse("not above nothing"));
    }
    let factor = Decimal::from(10_i64.pow(digits(money.currency())?));
    let units = money.amount().checked_mul(factor).ok_or_else(|| refuse("out of range"))?;
    if !units.fract().is_zero() {
        return Err(refuse("Adyen has no unit as fine as this"));
    }
    units.to_i64().ok_or_else(|| refuse("out of range"))
}

fn unsupported(code: &str) -> ProviderError {
    ProviderError::CurrencyUnsupported { provider: "adyen", code: code.chars().take(12).collect() }
}
