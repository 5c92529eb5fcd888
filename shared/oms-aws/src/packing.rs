//! Content, deflated (RFC 1951): DynamoDB charges writes by the kilobyte and storage by the byte, and a commit's JSON
//! shrinks to about half.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use oms_app::error::StoreError;

/// The most that content may be when it is unpacked, in bytes; a row has at most 400 KB, so this is no row of ours.
const MOST: u64 = 16 * 1024 * 1024;

/// A text, deflated.
///
/// # Errors
/// [`StoreError::Malformed`]; writing to memory does not fail, as far as is known.
pub(crate) fn pack(text: &str) -> Result<Vec<u8>, StoreError> {
    let fail = |e: std::io::Error| StoreError::Malformed(format!("content cannot be packed: {e}"));
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(text.len() / 2), Compression::best());
    encoder.write_all(text.as_bytes()).map_err(fail)?;
    encoder.finish().map_err(fail)
}

/// The text that was packed.
///
/// # Errors
/// [`StoreError::Malformed`] for bytes that are no deflated text, or too much of it.
pub fn unpack(bytes: &[u8]) -> Result<String, StoreError> {
    let mut text = String::new();
    let read = DeflateDecoder::new(bytes).take(MOST).read_to_string(&mut text);
    match read {
        Ok(length) if (length as u64) < MOST => Ok(text),
        Ok(_) => Err(StoreError::Malformed("packed content is too long".into())),
        Err(e) => Err(StoreError::Malformed(format!("packed content cannot be read: {e}"))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_read_back() {
        for text in ["", "短", &"{\"amount\":\"99.00\",\"currency\":\"CNY\"}".repeat(60)] {
            assert_eq!(unpack(&pack(text).unwrap()).unwrap(), text);
        }
        assert!(pack(&"abc".repeat(1000)).unwrap().len() < 100);
    }

    #[test]
    fn what_was_not_packed_is_refused() {
        for bytes in [&b"not deflated"[..], &[0xff; 20], &pack("{}").unwrap()[..1]] {
            assert!(matches!(unpack(bytes), Err(StoreError::Malformed(_))), "{bytes:?}");
        }
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let bomb = pack(&" ".repeat(20 * 1024 * 1024)).unwrap();
        assert!(matches!(unpack(&bomb), Err(StoreError::Malformed(_))));
    }
}
