//! Amounts as PayPal writes them: decimal texts in the currencies that PayPal holds.
//!
//! Source: <https://developer.paypal.com/reference/currency-codes/>. HUF, JPY and TWD have no decimals at PayPal, although
//! ISO 4217 gives two to HUF and TWD; all others have two. A currency that is not in the list is refused.

use oms_domain::money::{Currency, Money, MoneyError};

use crate::error::ProviderError;

use super::wire::Amount;

const WHOLE: [&str; 3] = ["HUF", "JPY", "TWD"];

const OTHERS: [&str; 21] = [
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "ILS", "MXN", "MYR", "NOK", "NZD", "PHP",
    "PLN", "SEK", "SGD", "THB", "USD",
];

/// Reads an amount of PayPal's.
///
/// # Errors
/// [`ProviderError::CurrencyUnsupported`], or [`ProviderError::AmountUnsupported`] for what is not above nothing, no decimal
/// text, or finer than PayPal's currency.
pub(super) fn from_paypal(amount: &Amount) -> Result<Money, ProviderError> {
    let currency = currency(&amount.currency_code)?;
    let refuse = |reason| refused(&amount.value, currency.code(), reason);
    let money = Money::parse(&amount.value, currency).map_err(|error| match error {
        MoneyError::ExcessDigits { .. } => refuse("finer than the currency"),
        MoneyError::NotANumber(_) => refuse("not a decimal number"),
        MoneyError::UnknownCurrency(_) | MoneyError::CurrencyMismatch { .. } | MoneyError::OutOfRange => {
            refuse("out of range")
        }
    })?;
    check(money)?;
    Ok(money)
}

/// Writes an amount as PayPal wants it.
///
/// # Errors
/// As for [`from_paypal`]; nothing is rounded.
pub(super) fn to_paypal(money: Money) -> Result<String, ProviderError> {
    currency(money.currency().code())?;
    check(money)?;
    let amount = money.amount();
    Ok(if is_whole(money.currency()) { amount.trunc().normalize().to_string() } else { amount.to_string() })
}

fn check(money: Money) -> Result<(), ProviderError> {
    let refuse = |reason| Err(refused(&money.amount().to_string(), money.currency().code(), reason));
    if !money.is_positive() {
        return refuse("not above nothing");
    }
    if is_whole(money.currency()) && !money.amount().fract().is_zero() {
        return refuse("PayPal has no unit as fine as this");
    }
    Ok(())
}

fn currency(code: &str) -> Result<Currency, ProviderError> {
    let known = WHOLE.contains(&code) || OTHERS.contains(&code);
    let currency = Currency::parse(code).ok().filter(|_| known);
    currency
        .ok_or_else(|| ProviderError::CurrencyUnsupported { provider: "paypal", code: code.chars().take(12).collect() })
}

fn is_whole(currency: Currency) -> bool {
    WHOLE.contains(&currency.code())
}

fn refused(amount: &str, currency: &str, reason: &'static str) -> ProviderError {
    let amount = amount.chars().take(40).collect();
    ProviderError::AmountUnsupported { amount, currency: currency.to_owned(), reason }
}
