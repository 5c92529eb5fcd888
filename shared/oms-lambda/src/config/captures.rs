//! `CAPTURE_WHEN`: when promises of money are taken, by channel.

use oms_domain::capture::{CaptureMoment, CaptureWhen};

use super::{ConfigError, Env};

const NAME: &str = "CAPTURE_WHEN";

impl Env {
    /// `CAPTURE_WHEN`: `*=provider,web=release,tmall=delivered`; each channel once, `*` for every other one. Not set: the
    /// provider takes the money, or somebody there.
    ///
    /// # Errors
    /// [`ConfigError`] when a pair is no channel and moment, or a channel stands there twice.
    pub fn capture_when(&self) -> Result<CaptureWhen, ConfigError> {
        let read = self.by_channel(NAME, CaptureMoment::ALL, |moment| moment.name())?;
        Ok(CaptureWhen { otherwise: read.otherwise.unwrap_or_default(), channels: read.channels })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use oms_domain::id::Channel;

    use super::*;

    fn read(text: &str) -> Result<CaptureWhen, ConfigError> {
        Env::of([(NAME, text)]).capture_when()
    }

    #[test]
    fn every_channel_has_a_moment() {
        let of = |when: &CaptureWhen, channel| when.moment(&Channel::parse(channel).unwrap());
        for (text, web, other) in [
            ("", CaptureMoment::Provider, CaptureMoment::Provider),
            ("*=provider", CaptureMoment::Provider, CaptureMoment::Provider),
            ("web=shipped", CaptureMoment::Shipped, CaptureMoment::Provider),
            ("web=release, *=delivered", CaptureMoment::Release, CaptureMoment::Delivered),
            ("*=shipped,web=provider", CaptureMoment::Provider, CaptureMoment::Shipped),
        ] {
            let when = read(text).unwrap();
            assert_eq!((of(&when, "web"), of(&when, "tmall")), (web, other), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["web", "web=later", "=shipped", "a b=shipped", "web=shipped,web=release", "*=shipped,*=shipped"] {
            assert_eq!(read(text).unwrap_err().name, NAME, "{text}");
        }
    }
}
