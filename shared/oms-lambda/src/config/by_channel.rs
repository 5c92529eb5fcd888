//! Settings that a shop has by channel: `*=provider,web=release`.

use std::collections::BTreeMap;

use oms_domain::id::Channel;

use super::{ConfigError, Env};

/// What stands for every channel that is not named.
const OTHERS: &str = "*";

/// A setting by channel.
pub(super) struct ByChannel<T> {
    /// Of channels that are not named; none where nothing is said of them.
    pub(super) otherwise: Option<T>,
    /// Of those that are.
    pub(super) channels: BTreeMap<Channel, T>,
}

impl Env {
    /// Reads a setting of this kind: each channel once, `*` for every other one.
    ///
    /// # Errors
    /// [`ConfigError`] when a pair is no channel and value, or a channel stands there twice.
    pub(super) fn by_channel<T>(
        &self,
        name: &str,
        known: &[T],
        name_of: impl Fn(&T) -> &'static str,
    ) -> Result<ByChannel<T>, ConfigError>
    where
        T: Copy,
    {
        let text = self.optional(name).unwrap_or_default();
        let wrong = |reason: String| ConfigError::new(name, reason);
        let mut found = ByChannel { otherwise: None, channels: BTreeMap::new() };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let names = || known.iter().map(&name_of).collect::<Vec<_>>().join(" or ");
            let (channel, value) =
                part.split_once('=').ok_or_else(|| wrong(format!("{part:?} must be like web={}", names())))?;
            let (channel, value) = (channel.trim(), value.trim());
            let value = known.iter().copied().find(|known| name_of(known) == value);
            let value = value.ok_or_else(|| wrong(format!("{part:?} must be {}", names())))?;
            let before = if channel == OTHERS {
                found.otherwise.replace(value)
            } else {
                let channel = Channel::parse(channel).map_err(|error| wrong(error.to_string()))?;
                found.channels.insert(channel, value)
            };
            if before.is_some() {
                return Err(wrong(format!("{channel} stands there twice")));
            }
        }
        Ok(found)
    }
}
