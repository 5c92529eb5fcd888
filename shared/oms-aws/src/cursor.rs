//! Where the next page begins: the last item's place in its list, so that a cursor survives rows that come and go, and is
//! the same for one partition and for several that were merged.

use data_encoding::BASE64URL_NOPAD;
use oms_app::error::StoreError;

/// The longest sort key that DynamoDB takes.
const LONGEST: usize = 1024;

/// A cursor for a place.
pub(crate) fn encode(place: &str) -> String {
    BASE64URL_NOPAD.encode(place.as_bytes())
}

/// The place of a cursor.
///
/// # Errors
/// [`StoreError::BadCursor`] when no list gave it.
pub(crate) fn decode(cursor: &str) -> Result<String, StoreError> {
    let wrong = || StoreError::BadCursor;
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| wrong())?;
    let place = String::from_utf8(bytes).map_err(|_| wrong())?;
    // Every place begins with a time.
    let (time, _) = place.split_once('#').ok_or_else(wrong)?;
    time.parse::<jiff::Timestamp>().map_err(|_| wrong())?;
    if place.len() > LONGEST { Err(wrong()) } else { Ok(place) }
}
