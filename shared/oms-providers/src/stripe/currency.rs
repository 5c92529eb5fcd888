//! Amounts as Stripe counts them: integers of a unit that is mostly, but not always, the currency's own minor unit.
//!
//! Source: <https://docs.stripe.com/currencies>, sections "Zero-decimal currencies", "Three-decimal currencies" and
//! "Special cases". Everything that is not listed here has two decimals at Stripe, which holds only where ISO 4217 says
//! two as well: a currency of another exponent that Stripe does not document is refused, since a guess would be wrong by
//! a factor of ten or more.

use oms_domain::money::{Currency, Money};

use crate::error::ProviderError;
use crate::minor_units::{MinorUnits, Unit};

const STRIPE: MinorUnits = MinorUnits { provider: "stripe", unit };

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

fn unit(currency: Currency) -> Option<Unit> {
    let special = SPECIAL.iter().find(|(code, _)| *code == currency.code()).map(|(_, unit)| *unit);
    special.or_else(|| (currency.exponent() == ORDINARY.digits).then_some(ORDINARY))
}

/// Reads an amount of Stripe's: its integer and its currency code, which Stripe writes in lower case.
///
/// # Errors
/// As for [`MinorUnits::money`].
pub(crate) fn from_stripe(units: i64, code: &str) -> Result<Money, ProviderError> {
    STRIPE.money(units, &code.to_ascii_uppercase())
}

/// Writes an amount as Stripe's integer.
///
/// # Errors
/// As for [`MinorUnits::units`].
pub(crate) fn to_stripe(money: Money) -> Result<i64, ProviderError> {
    STRIPE.units(money)
}
