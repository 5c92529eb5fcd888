//! Amounts as whole numbers of a small unit, for the providers that count so. Which unit a currency has is each provider's own
//! table; the conversion is the same, and nothing is rounded in either direction.

use oms_domain::money::{Currency, Money, MoneyError};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::error::ProviderError;

/// How a provider counts a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    /// How many decimal digits the integer holds.
    pub(crate) digits: u32,
    /// The integer must be a multiple of this when we send it.
    pub(crate) step: i64,
}

/// A provider's way of counting.
#[derive(Debug)]
pub(crate) struct MinorUnits {
    /// The provider, by the name that errors give it.
    pub(crate) provider: &'static str,
    /// The unit of a currency; none where it is not known for certain.
    pub(crate) unit: fn(Currency) -> Option<Unit>,
}

impl MinorUnits {
    /// Reads an amount of the provider's: its integer and the currency's code in upper case.
    ///
    /// # Errors
    /// [`ProviderError::CurrencyUnsupported`], or [`ProviderError::AmountUnsupported`] for what is not above nothing, beyond
    /// what an order may hold, or finer than the currency (a fraction of a króna).
    pub(crate) fn money(&self, units: i64, code: &str) -> Result<Money, ProviderError> {
        let currency = Currency::parse(code).map_err(|_| self.unsupported(code))?;
        let refuse = |reason| refused(units.to_string(), currency, reason);
        if units <= 0 {
            return Err(refuse("not above nothing"));
        }
        let digits = self.unit_of(currency)?.digits;
        let amount =
            Decimal::try_from_i128_with_scale(i128::from(units), digits).map_err(|_| refuse("out of range"))?;
        Money::new(amount, currency).map_err(|error| match error {
            MoneyError::ExcessDigits { .. } => refuse("finer than the currency"),
            MoneyError::UnknownCurrency(_)
            | MoneyError::NotANumber(_)
            | MoneyError::CurrencyMismatch { .. }
            | MoneyError::OutOfRange => refuse("out of range"),
        })
    }

    /// Writes an amount as the provider's integer.
    ///
    /// # Errors
    /// [`ProviderError::CurrencyUnsupported`], or [`ProviderError::AmountUnsupported`] for what is not above nothing or what
    /// the provider cannot take to the last digit.
    pub(crate) fn units(&self, money: Money) -> Result<i64, ProviderError> {
        let refuse = |reason| refused(money.amount().to_string(), money.currency(), reason);
        if !money.is_positive() {
            return Err(refuse("not above nothing"));
        }
        let unit = self.unit_of(money.currency())?;
        let factor = Decimal::from(10_i64.pow(unit.digits));
        let units = money.amount().checked_mul(factor).ok_or_else(|| refuse("out of range"))?;
        if !units.fract().is_zero() {
            return Err(refuse("the provider has no unit as fine as this"));
        }
        let units = units.to_i64().ok_or_else(|| refuse("out of range"))?;
        if units % unit.step == 0 {
            Ok(units)
        } else {
            Err(refuse("the provider takes this currency in coarser steps only"))
        }
    }

    fn unit_of(&self, currency: Currency) -> Result<Unit, ProviderError> {
        (self.unit)(currency).ok_or_else(|| self.unsupported(currency.code()))
    }

    fn unsupported(&self, code: &str) -> ProviderError {
        ProviderError::CurrencyUnsupported { provider: self.provider, code: code.chars().take(12).collect() }
    }
}

fn refused(amount: String, currency: Currency, reason: &'static str) -> ProviderError {
    ProviderError::AmountUnsupported { amount, currency: currency.code().to_owned(), reason }
}
