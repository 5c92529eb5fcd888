//! Amounts as Adyen counts them: integers of the currency's minor unit, which is ISO 4217's for all currencies but four.
//!
//! Source: <https://docs.adyen.com/development-resources/currency-codes>: CLP and ISK have two decimals at Adyen and none
//! in the standard; CVE and IDR have none at Adyen and two in the standard.

use oms_domain::money::{Currency, Money};

use crate::error::ProviderError;
use crate::minor_units::{MinorUnits, Unit};

const ADYEN: MinorUnits = MinorUnits { provider: "adyen", unit };

/// The most decimals that any currency of Adyen's has.
const MOST_DIGITS: u32 = 3;

fn unit(currency: Currency) -> Option<Unit> {
    let digits = match currency.code() {
        "CLP" | "ISK" => 2,
        "CVE" | "IDR" => 0,
        _ => currency.exponent(),
    };
    (digits <= MOST_DIGITS).then_some(Unit { digits, step: 1 })
}

/// Reads an amount of Adyen's.
///
/// # Errors
/// As for [`MinorUnits::money`].
pub(super) fn from_adyen(units: i64, code: &str) -> Result<Money, ProviderError> {
    ADYEN.money(units, code)
}

/// Writes an amount as Adyen's integer.
///
/// # Errors
/// As for [`MinorUnits::units`].
pub(super) fn to_adyen(money: Money) -> Result<i64, ProviderError> {
    ADYEN.units(money)
}
