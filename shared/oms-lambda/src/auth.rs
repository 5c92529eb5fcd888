//! Who calls: Bearer credentials from one secret, their roles, channels and locations.

mod locations;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use oms_domain::event::Actor;
use oms_domain::id::{Channel, LocationId};
use oms_domain::task;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::ConfigError;
use crate::problem::{Problem, ProblemKind};
use crate::telemetry::Redacted;

/// Tokens below this length could be guessed.
const SHORTEST_TOKEN: usize = 16;

/// What a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The shop's own storefronts; bound to their channels.
    Storefront,
    /// A marketplace's bridge, which may say what its channel has collected; bound to its channels.
    Channel,
    /// Customer service.
    Support,
    /// Money.
    Finance,
    /// The locations.
    Warehouse,
    /// The shop's own head, who may do whatever staff may.
    Manager,
}

impl Role {
    /// All of the shop's people.
    pub const STAFF: &'static [Self] = &[Self::Support, Self::Finance, Self::Warehouse, Self::Manager];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Storefront => "storefront",
            Self::Channel => "channel",
            Self::Support => "support",
            Self::Finance => "finance",
            Self::Warehouse => "warehouse",
            Self::Manager => "manager",
        }
    }

    /// The desk of a person with this role; none for machines.
    #[must_use]
    pub fn desk(self) -> Option<task::Role> {
        match self {
            Self::Storefront | Self::Channel => None,
            Self::Support => Some(task::Role::Support),
            Self::Finance => Some(task::Role::Finance),
            Self::Warehouse => Some(task::Role::Warehouse),
            Self::Manager => Some(task::Role::Manager),
        }
    }

    /// Whether it is bound to channels and sees only their orders.
    #[must_use]
    pub fn is_bound(self) -> bool {
        self.desk().is_none()
    }
}

/// Who sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The credential's name: it stands in timelines and scopes idempotency keys.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The channels that it is bound to; empty for staff, who are bound to none.
    pub channels: BTreeSet<Channel>,
    /// The locations that it is bound to, of a warehouse's credential that is bound to any.
    pub locations: Option<BTreeSet<LocationId>>,
}

impl Caller {
    /// Lets through callers with one of the roles, and a manager wherever any of the staff may pass.
    ///
    /// # Errors
    /// 403.
    pub fn require(&self, roles: &[Role]) -> Result<(), Problem> {
        let staff_may = roles.iter().any(|role| role.desk().is_some());
        if roles.contains(&self.role) || (self.role == Role::Manager && staff_may) {
            return Ok(());
        }
        let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        Err(Problem::forbidden(format!("this needs a credential of: {}", names.join(", "))))
    }

    /// Lets through callers that are bound to the channel.
    ///
    /// # Errors
    /// 403.
    pub fn may_use_channel(&self, channel: &Channel) -> Result<(), Problem> {
        if self.role.is_bound() && self.channels.contains(channel) {
            Ok(())
        } else {
            Err(Problem::forbidden(format!("channel: this credential is not bound to {channel}"))
                .member("field", "channel"))
        }
    }

    /// Whether the caller may see the channel's orders: staff see all, others those of their own channels.
    #[must_use]
    pub fn may_see(&self, channel: &Channel) -> bool {
        !self.role.is_bound() || self.channels.contains(channel)
    }

    /// Hides an order of another's channel as if it did not exist.
    ///
    /// # Errors
    /// 404.
    pub fn sees(&self, channel: &Channel) -> Result<(), Problem> {
        if self.may_see(channel) { Ok(()) } else { Err(Problem::not_found("order")) }
    }

    /// Whether the caller speaks for the channel itself: it alone may say what the channel has collected and priced.
    #[must_use]
    pub fn speaks_for(&self, channel: &Channel) -> bool {
        self.role == Role::Channel && self.channels.contains(channel)
    }

    /// The caller's name in timelines.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::named(self.name.clone())
    }
}

/// The credentials secret: `{"credentials":[{"name","token","role","channels","locations"}]}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    credentials: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    token: Redacted<String>,
    role: Role,
    #[serde(default)]
    channels: BTreeSet<Channel>,
    #[serde(default)]
    locations: Option<BTreeSet<LocationId>>,
}

/// Everybody who may call. Cheap to clone.
#[derive(Clone)]
pub struct Credentials(Arc<[([u8; 32], Caller)]>);

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(_, caller)| &caller.name)).finish()
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Credentials {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`ConfigError`] when it is unreadable or empty, when a name or token stands there twice, when a token is short or
    /// cannot stand in a header, when a storefront or channel has no channels, or staff has some, or when others than a
    /// warehouse are bound to locations, or one is to none.
    pub fn parse(secret: &str) -> Result<Self, ConfigError> {
        let wrong = |name: &str, reason: &str| Err(ConfigError::new(format!("credentials secret, {name}"), reason));
        let secret: Secret = serde_json::from_str(secret).map_err(|error| {
            // serde_json's own text may quote a value; the place is enough.
            ConfigError::new(
                "credentials secret",
                format!("cannot be read (line {} column {})", error.line(), error.column()),
            )
        })?;
        if secret.credentials.is_empty() {
            return wrong("credentials", "is empty: nobody could call");
        }
        let mut all: BTreeMap<[u8; 32], Caller> = BTreeMap::new();
        for entry in secret.credentials {
            let name = entry.name;
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || name.len() > 40 || !name.chars().all(plain) {
                return wrong("name", "must be 1 to 40 ASCII letters, digits, '-', '_' and '.'");
            }
            let token = entry.token.expose();
            if token.len() < SHORTEST_TOKEN || !token.bytes().all(|b| b.is_ascii_graphic()) {
                return wrong(&name, "the token must be at least 16 visible ASCII characters");
            }
            if entry.role.is_bound() == entry.channels.is_empty() {
                return wrong(&name, "a storefront or channel needs channels, and nobody else has them");
            }
            let is_warehouse = entry.role == Role::Warehouse;
            if entry.locations.as_ref().is_some_and(|locations| locations.is_empty() || !is_warehouse) {
                return wrong(&name, "locations are for a warehouse, which names one at least or leaves them out");
            }
            if all.values().any(|known| known.name == name) {
                return wrong(&name, "stands there twice");
            }
            let hash = digest(token);
            let (role, channels, locations) = (entry.role, entry.channels, entry.locations);
            let caller = Caller { name: name.clone(), role, channels, locations };
            if all.insert(hash, caller).is_some() {
                return wrong(&name, "has the token of another credential");
            }
        }
        Ok(Self(all.into_iter().collect()))
    }

    /// The caller behind the value of an `Authorization` header. The time that it takes says nothing about tokens: what
    /// is compared are hashes, each in constant time, always all of them.
    ///
    /// # Errors
    /// 401.
    pub fn authenticate(&self, authorization: Option<&str>) -> Result<Caller, Problem> {
        let refuse = |detail: &str| Problem::new(ProblemKind::Unauthenticated, detail);
        let value = authorization.ok_or_else(|| refuse("send Authorization: Bearer <token>"))?;
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            Some(_) | None => return Err(refuse("send Authorization: Bearer <token>")),
        };
        let presented = digest(token);
        let mut found = None;
        for (hash, caller) in self.0.iter() {
            if bool::from(hash.as_slice().ct_eq(presented.as_slice())) {
                found = Some(caller);
            }
        }
        found.cloned().ok_or_else(|| refuse("the credential is not known"))
    }
}

impl<S> FromRequestParts<S> for Caller
where
    Credentials: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let first = values.next();
        if values.next().is_some() {
            return Err(Problem::new(ProblemKind::Unauthenticated, "send one Authorization header"));
        }
        // A value that is no text is no token either.
        let text = first.map(|value| value.to_str().unwrap_or_default());
        let caller = Credentials::from_ref(state).authenticate(text)?;
        tracing::Span::current().record("caller", caller.name.as_str());
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use serde_json::json;

    fn credentials() -> Credentials {
        let secret = json!({"credentials": [
            {"name": "storefront", "token": "storefront-token-1", "role": "storefront", "channels": ["web", "app"]},
            {"name": "channel_tmall", "token": "channel-token-tmall", "role": "channel", "channels": ["tmall"]},
            {"name": "support", "token": "support-token-0001", "role": "support"},
            {"name": "manager", "token": "manager-token-0001", "role": "manager", "channels": []},
        ]});
        Credentials::parse(&secret.to_string()).unwrap()
    }

    fn caller(token: &str) -> Caller {
        credentials().authenticate(Some(&format!("Bearer {token}"))).unwrap()
    }

    #[test]
    fn a_token_names_its_caller() {
        let storefront = caller("storefront-token-1");
        assert_eq!((storefront.name.as_str(), storefront.role), ("storefront", Role::Storefront));
        assert_eq!(credentials().authenticate(Some("bearer support-token-0001")).unwrap().role, Role::Support);
        for wrong in [
            None,
            Some(""),
            Some("Bearer"),
            Some("Bearer "),
            Some("Bearer nope"),
            Some("Basic support-token-0001"),
            Some("support-token-0001"),
        ] {
            let problem = credentials().authenticate(wrong).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::Unauthenticated, "{wrong:?}");
        }
    }

    #[test]
    fn roles_guard() {
        let (storefront, support, manager) =
            (caller("storefront-token-1"), caller("support-token-0001"), caller("manager-token-0001"));
        assert!(storefront.require(&[Role::Storefront, Role::Support]).is_ok());
        assert!(support.require(&[Role::Storefront, Role::Support]).is_ok());
        assert!(manager.require(&[Role::Storefront, Role::Support]).is_ok());
        assert_eq!(manager.require(&[Role::Storefront, Role::Channel]).unwrap_err().kind(), ProblemKind::Forbidden);
        assert_eq!(support.require(&[Role::Finance]).unwrap_err().kind(), ProblemKind::Forbidden);
        assert!(manager.require(&[Role::Finance]).is_ok());
    }

    #[test]
    fn channels_guard() {
        let (web, tmall) = (Channel::parse("web").unwrap(), Channel::parse("tmall").unwrap());
        let (storefront, bridge, support) =
            (caller("storefront-token-1"), caller("channel-token-tmall"), caller("support-token-0001"));
        assert!(storefront.may_use_channel(&web).is_ok());
        assert_eq!(storefront.may_use_channel(&tmall).unwrap_err().kind(), ProblemKind::Forbidden);
        assert_eq!(support.may_use_channel(&web).unwrap_err().kind(), ProblemKind::Forbidden);
        assert!(support.sees(&tmall).is_ok());
        assert_eq!(storefront.sees(&tmall).unwrap_err().kind(), ProblemKind::NotFound);
        assert!(bridge.speaks_for(&tmall) && !bridge.speaks_for(&web) && !storefront.speaks_for(&web));
    }

    #[test]
    fn a_bad_secret_stops_the_start_and_does_not_show_tokens() {
        let one = |name: &str, token: &str, role: &str, channels: &[&str]| json!({"name": name, "token": token, "role": role, "channels": channels});
        let long = "0123456789abcdef";
        for (credentials, part) in [
            (json!([]), "empty"),
            (json!([one("a", "short", "support", &[])]), "16 visible"),
            (json!([one("a", "0123456789 abcdef", "support", &[])]), "16 visible"),
            (json!([one("a", long, "support", &[]), one("b", long, "finance", &[])]), "another credential"),
            (json!([one("a", long, "support", &[]), one("a", "fedcba9876543210", "finance", &[])]), "twice"),
            (json!([one("a", long, "storefront", &[])]), "needs channels"),
            (json!([one("a", long, "support", &["web"])]), "needs channels"),
            (json!([one("", long, "support", &[])]), "1 to 40"),
            (json!([one("a", long, "boss", &[])]), "cannot be read"),
        ] {
            let error = Credentials::parse(&json!({"credentials": credentials}).to_string()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains(long), "{error}");
        }
        assert!(!format!("{:?}", credentials()).contains("token"));
        for (role, locations, is_fine) in [
            ("warehouse", json!(["sz-1"]), true),
            ("warehouse", json!(null), true),
            ("warehouse", json!([]), false),
            ("warehouse", json!(["not a location"]), false),
            ("support", json!(["sz-1"]), false),
            ("manager", json!(["sz-1"]), false),
            ("storefront", json!(["sz-1"]), false),
        ] {
            let channels = if role == "storefront" { json!(["web"]) } else { json!([]) };
            let one = json!({"name": "a", "token": long, "role": role, "channels": channels, "locations": locations});
            let read = Credentials::parse(&json!({"credentials": [one]}).to_string());
            assert_eq!(read.is_ok(), is_fine, "{role} {locations}: {read:?}");
        }
    }
}
