//! `CAPTURE_WHEN`: when promises of money are taken, by channel.

use oms_domain::capture::{CaptureMoment, CaptureWhen};
use oms_domain::id::Channel;

use super::{ConfigError, Env};

const NAME: &str = "CAPTURE_WHEN";

/// What stands for every channel that is not named.
const OTHERS: &str = "*";

impl Env {
    /// `CAPTURE_WHEN`: `*=provider,web=release,tmall=delivered`; each channel once, `*` for every other one. Not set: the
    /// provider takes the money, or somebody there.
    ///
    /// # Errors
    /// [`ConfigError`] when a pair is no channel and moment, or a channel stands there twice.
    pub fn capture_when(&self) -> Result<CaptureWhen, ConfigError> {
        let text = self.optional(NAME).unwrap_or_default();
        let wrong = |reason: String| ConfigError::new(NAME, reason);
        let mut when = CaptureWhen::default();
        let mut others = None;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (channel, name) =
                part.split_once('=').ok_or_else(|| wrong(format!("{part:?} must be like web=shipped")))?;
            let (channel, name) = (channel.trim(), name.trim());
            let moment = CaptureMoment::from_name(name)
                .ok_or_else(|| wrong(format!("{name:?} must be provider, release, shipped or delivered")))?;
            let before = if channel == OTHERS {
                others.replace(moment)
            } else {
                let channel = Channel::parse(channel).map_err(|error| wrong(error.to_string()))?;
                when.channels.insert(channel, moment)
            };
            if before.is_some() {
                return Err(wrong(format!("{channel} stands there twice")));
            }
        }
        when.otherwise = others.unwrap_or_default();
        Ok(when)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
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
