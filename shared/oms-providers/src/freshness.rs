//! How old a signed timestamp may be. All but PayPal, which signs once and delivers for days, have the same rule.

use jiff::Timestamp;

use crate::error::ProviderError;

/// The largest distance between the signed time and ours, in seconds, in either direction and inclusive.
pub(crate) const TOLERANCE_SECONDS: u64 = 300;

/// Reads a count of seconds since 1970: digits only (no sign, space, fraction or exponent), and not absurdly many.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let plain = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Checks that a signed time is near now. Whole seconds are compared, since the signed time has no fraction.
pub(crate) fn check(signed: i64, now: Timestamp) -> Result<(), ProviderError> {
    let seconds = now.as_second().abs_diff(signed);
    if seconds <= TOLERANCE_SECONDS {
        Ok(())
    } else {
        Err(ProviderError::TimestampOutside { seconds, tolerance: TOLERANCE_SECONDS })
    }
}

/// The same for a sender that may deliver `oldest` seconds after it has signed.
pub(crate) fn check_since(signed: i64, now: Timestamp, oldest: u64) -> Result<(), ProviderError> {
    if signed > now.as_second() {
        return check(signed, now);
    }
    match now.as_second().abs_diff(signed) {
        seconds if seconds > oldest => Err(ProviderError::TimestampOutside { seconds, tolerance: oldest }),
        _ => Ok(()),
    }
}
