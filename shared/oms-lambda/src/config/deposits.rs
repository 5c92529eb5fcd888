//! `DEPOSIT_ON_DEFAULT`: what becomes of deposits whose balance does not come, by channel.

use oms_domain::deposit::{DepositOnDefault, OnDefault};

use super::{ConfigError, Env};

const NAME: &str = "DEPOSIT_ON_DEFAULT";

impl Env {
    /// `DEPOSIT_ON_DEFAULT`: `*=refund,web=keep`; each channel once, `*` for every other one. Not set: deposits go back.
    ///
    /// # Errors
    /// [`ConfigError`] when a pair is no channel and `refund` or `keep`, or a channel stands there twice.
    pub fn deposit_on_default(&self) -> Result<DepositOnDefault, ConfigError> {
        let read = self.by_channel(NAME, OnDefault::ALL, |on_default| on_default.name())?;
        Ok(DepositOnDefault { otherwise: read.otherwise.unwrap_or_default(), channels: read.channels })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use oms_domain::id::Channel;

    use super::*;

    fn read(text: &str) -> Result<DepositOnDefault, ConfigError> {
        Env::of([(NAME, text)]).deposit_on_default()
    }

    #[test]
    fn deposits_go_back_unless_a_channel_keeps_them() {
        let of = |rule: &DepositOnDefault, channel| rule.keeps(&Channel::parse(channel).unwrap());
        for (text, web, other) in [
            ("", false, false),
            ("*=refund", false, false),
            ("*=keep", true, true),
            ("web=keep", true, false),
            ("*=keep, web=refund", false, true),
        ] {
            let rule = read(text).unwrap();
            assert_eq!((of(&rule, "web"), of(&rule, "tmall")), (web, other), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["keep", "web=half", "web=", "=keep", "a b=keep", "web=keep,web=refund", "*=keep,*=keep"] {
            assert_eq!(read(text).unwrap_err().name, NAME, "{text}");
        }
    }
}
