//! Money: a decimal amount in one ISO 4217 currency, with no more digits than the currency has.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Amounts stay far below what 96 bits hold, so that sums over an order cannot overflow.
const LARGEST: i64 = 1_000_000_000_000;

/// Why an amount is refused, or an operation on two of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an active ISO 4217 code of a currency with minor units.
    #[error("{0} is not an ISO 4217 currency")]
    UnknownCurrency(String),
    /// Not a plain decimal number.
    #[error("{0:?} is not a decimal amount")]
    NotANumber(String),
    /// More digits after the point than the currency has.
    #[error("{amount} has more than the {exponent} decimal digits of {currency}")]
    ExcessDigits {
        /// The amount as given.
        amount: String,
        /// The currency's number of digits.
        exponent: u32,
        /// The currency.
        currency: Currency,
    },
    /// Two currencies in one sum.
    #[error("{left} and {right} cannot be added")]
    CurrencyMismatch {
        /// The currency of the first operand.
        left: Currency,
        /// The currency of the second operand.
        right: Currency,
    },
    /// Above what an order may hold.
    #[error("the amount is out of range")]
    OutOfRange,
}

/// An ISO 4217 currency. Its exponent is the standard's; a provider's special cases belong to that provider's module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Parses a three-letter upper-case code.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`], also for codes without minor units such as XAU.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let unknown = || MoneyError::UnknownCurrency(code.chars().take(12).collect());
        let currency = iso_currency::Currency::from_code(code).ok_or_else(unknown)?;
        currency.exponent().ok_or_else(unknown)?;
        Ok(Self(currency))
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimal digits an amount has.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// An amount in a currency, held at the currency's scale: `12.50 CNY`, `1200 JPY`. May be negative (a balance).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "MoneyText", into = "MoneyText")]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

/// How money is written: a decimal text and a code.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyText {
    amount: String,
    currency: String,
}

impl TryFrom<MoneyText> for Money {
    type Error = MoneyError;
    fn try_from(text: MoneyText) -> Result<Self, MoneyError> {
        Self::parse(&text.amount, Currency::parse(&text.currency)?)
    }
}

impl From<Money> for MoneyText {
    fn from(money: Money) -> Self {
        Self { amount: money.amount.to_string(), currency: money.currency.code().to_owned() }
    }
}

#[allow(clippy::should_implement_trait, reason = "sums are checked, so they cannot be the operators")]
impl Money {
    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::new(0, currency.exponent()), currency }
    }

    /// Parses a plain decimal text such as `20`, `20.0` or `-3.25`.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::ExcessDigits`] or [`MoneyError::OutOfRange`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let not_a_number = || MoneyError::NotANumber(text.chars().take(40).collect());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let decimal = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if text.len() > 40 || !decimal(whole) || !decimal(fraction) {
            return Err(not_a_number());
        }
        // Looked at in the text: a decimal rounds what it cannot hold, and here nothing may be rounded.
        if fraction.trim_end_matches('0').len() > currency.exponent() as usize {
            return Err(MoneyError::ExcessDigits { amount: text.into(), exponent: currency.exponent(), currency });
        }
        let exact = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
        Self::new(Decimal::from_str_exact(exact).map_err(|_| MoneyError::OutOfRange)?, currency)
    }

    /// Takes a decimal that has no more digits than the currency, trailing zeros aside.
    ///
    /// # Errors
    /// [`MoneyError::ExcessDigits`] or [`MoneyError::OutOfRange`].
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = currency.exponent();
        let mut amount = amount.normalize();
        if amount.scale() > exponent {
            return Err(MoneyError::ExcessDigits { amount: amount.to_string(), exponent, currency });
        }
        if amount.abs() > Decimal::from(LARGEST) {
            return Err(MoneyError::OutOfRange);
        }
        amount.rescale(exponent);
        // "-0" and "0" are one amount and must be written alike.
        if amount.is_zero() {
            amount = Decimal::new(0, exponent);
        }
        Ok(Self { amount, currency })
    }

    /// An amount counted in the currency's minor units (cents, 分, yen).
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn from_minor(units: i64, currency: Currency) -> Result<Self, MoneyError> {
        let amount = Decimal::try_from_i128_with_scale(i128::from(units), currency.exponent())
            .map_err(|_| MoneyError::OutOfRange)?;
        Self::new(amount, currency)
    }

    /// The amount counted in minor units. Exact, since an amount never has more digits than its currency.
    #[must_use]
    pub fn minor(self) -> i128 {
        self.amount.mantissa()
    }

    /// The decimal amount, at the currency's scale.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is exactly nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Whether it is below nothing.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.amount.is_sign_negative() && !self.amount.is_zero()
    }

    /// Whether it is above nothing.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.amount.is_sign_positive() && !self.amount.is_zero()
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::OutOfRange`].
    pub fn add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.amount.checked_add(other.amount).ok_or(MoneyError::OutOfRange)?, self.currency)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::OutOfRange`].
    pub fn sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.amount.checked_sub(other.amount).ok_or(MoneyError::OutOfRange)?, self.currency)
    }

    /// The amount a number of times.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        Self::new(self.amount.checked_mul(Decimal::from(quantity)).ok_or(MoneyError::OutOfRange)?, self.currency)
    }

    /// The sum of many, nothing for none.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::OutOfRange`].
    pub fn sum(currency: Currency, parts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        parts.into_iter().try_fold(Self::zero(currency), Self::add)
    }

    /// The smaller of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(if self.amount <= other.amount { self } else { other })
    }

    /// Which of two amounts is larger.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn compare(self, other: Self) -> Result<std::cmp::Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.amount.cmp(&other.amount))
    }

    /// Splits the amount in proportion to the weights by the largest-remainder (Hamilton) method: each part gets its
    /// whole minor units, and the units left over go to the largest remainders, earlier parts first.
    /// The parts always sum to the whole. When all weights are zero they count as equal; no weights give no parts.
    #[must_use]
    pub fn split(self, weights: &[u64]) -> Vec<Self> {
        let count = weights.len() as u128;
        let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
        let (total, equal) = if total == 0 { (count, true) } else { (total, false) };
        if total == 0 {
            return Vec::new();
        }
        let units = self.minor().unsigned_abs();
        let mut shares: Vec<(u128, u128)> = weights
            .iter()
            .map(|w| {
                let product = units * if equal { 1 } else { u128::from(*w) };
                (product / total, product % total)
            })
            .collect();
        let mut left = units - shares.iter().map(|(share, _)| share).sum::<u128>();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by_key(|i| std::cmp::Reverse(shares.get(*i).map_or(0, |(_, remainder)| *remainder)));
        for i in order {
            if let Some((share, _)) = shares.get_mut(i).filter(|_| left > 0) {
                *share += 1;
                left -= 1;
            }
        }
        let sign = if self.is_negative() { -1 } else { 1 };
        shares
            .into_iter()
            .map(|(share, _)| {
                // A part is never above the whole, so its mantissa fits wherever the whole's did.
                let share = sign * i128::try_from(share).unwrap_or(i128::MAX);
                Self { amount: Decimal::from_i128_with_scale(share, self.currency.exponent()), currency: self.currency }
            })
            .collect()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}
