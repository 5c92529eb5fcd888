//! The witness that a body was signed by who it claims to be from.
//!
//! [`Verified`] has private fields and no constructor but the checks in this folder, so code that interprets a callback
//! cannot be given a body that nobody checked: it does not type-check. A provider with another kind of signature adds
//! its check here, beside the one that it resembles, and nowhere else.

mod mac;
mod rsa;

pub(crate) use mac::{MacKey, MacKeys};
pub(crate) use rsa::{Certificate, RsaKey, RsaSigner};

/// A request body whose signature was checked. The bytes are exactly those that came in.
#[derive(Debug)]
pub struct Verified<'a> {
    body: &'a [u8],
}

impl<'a> Verified<'a> {
    /// The signed bytes.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }
}
