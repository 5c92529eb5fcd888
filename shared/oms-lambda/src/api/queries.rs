//! Query parameters of the lists.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use oms_app::pointers::WorkList;
use oms_app::ports::{ListKey, Span};
use oms_domain::id::{Channel, LocationId};
use oms_domain::status::{OrderStatus, ShipmentStatus};
use oms_domain::task::{Role as Desk, TaskKind};
use serde::Deserialize;

use crate::problem::Problem;

/// How many items a page has when the client does not say.
pub const DEFAULT_LIMIT: u32 = 20;
/// The most items that a page has.
pub const LARGEST_LIMIT: u32 = 100;

fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=LARGEST_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::field("limit", format!("must be from 1 to {LARGEST_LIMIT}"))),
    }
}

/// `GET /v1/orders`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdersQuery {
    /// All orders of a customer…
    pub customer_id: Option<String>,
    /// … or those of a day, with `channel`.
    pub placed_on: Option<String>,
    /// The channel: required with `placed_on`, a filter with `customer_id`.
    pub channel: Option<Channel>,
    /// Only orders in this state.
    pub status: Option<OrderStatus>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// How many.
    pub limit: Option<u32>,
}

impl OrdersQuery {
    /// Which list is asked for.
    ///
    /// # Errors
    /// 400 unless exactly one of `customer_id` and `placed_on` (with `channel`) is given.
    pub fn key(&self) -> Result<ListKey, Problem> {
        match (&self.customer_id, &self.placed_on) {
            (Some(_), Some(_)) => Err(Problem::field("placed_on", "must not stand beside customer_id")),
            (None, None) => Err(Problem::field("customer_id", "is required (or placed_on with channel)")),
            (Some(id), None) if id.trim().is_empty() || id.chars().count() > 120 => {
                Err(Problem::field("customer_id", "must be 1 to 120 characters"))
            }
            (Some(id), None) => Ok(ListKey::Customer(id.clone())),
            (None, Some(day)) => {
                let exact = day.len() == 10 && day.parse::<Date>().is_ok();
                if !exact {
                    return Err(Problem::field("placed_on", "must be a day such as 2026-11-11"));
                }
                let channel =
                    self.channel.clone().ok_or_else(|| Problem::field("channel", "is required with placed_on"))?;
                Ok(ListKey::Day(day.clone(), channel))
            }
        }
    }

    /// How many items are wanted.
    ///
    /// # Errors
    /// 400 when out of range.
    pub fn limit(&self) -> Result<u32, Problem> {
        limit(self.limit)
    }
}

/// `GET /v1/ledger`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerQuery {
    /// Which day.
    pub date: String,
    /// Where that day begins: how far local time is ahead of UTC; UTC itself without it.
    pub tz: Option<String>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// How many commits.
    pub limit: Option<u32>,
}

impl LedgerQuery {
    /// The day as a span of time.
    ///
    /// # Errors
    /// 400 for what is no day, or no offset.
    pub fn span(&self) -> Result<Span, Problem> {
        let wrong = |_| Problem::field("date", "must be a day such as 2026-11-11");
        let date: Date = self.date.parse().map_err(wrong)?;
        if self.date.len() != 10 {
            return Err(Problem::field("date", "must be a day such as 2026-11-11"));
        }
        let zone = match self.tz.as_deref() {
            None | Some("Z") => TimeZone::UTC,
            Some(text) => TimeZone::fixed(
                offset(text).ok_or_else(|| Problem::field("tz", "must be an offset from UTC such as +08:00"))?,
            ),
        };
        let start = |date: Date| date.to_zoned(zone.clone()).map(|at| at.timestamp());
        let next = date.tomorrow().map_err(wrong)?;
        Ok(Span { from: start(date).map_err(wrong)?, until: start(next).map_err(wrong)? })
    }

    /// How many commits are wanted: as many as possible unless the client says.
    ///
    /// # Errors
    /// 400 when out of range.
    pub fn limit(&self) -> Result<u32, Problem> {
        limit(self.limit.or(Some(LARGEST_LIMIT)))
    }

    /// Where the page behind a cursor is found.
    #[must_use]
    pub fn next(&self, cursor: &str) -> String {
        let mut path = format!("/v1/ledger?date={}", self.date);
        if let Some(tz) = &self.tz {
            path.push_str(&format!("&tz={}", tz.replace(['+', ' '], "%2B")));
        }
        if let Some(limit) = self.limit {
            path.push_str(&format!("&limit={limit}"));
        }
        path.push_str(&format!("&cursor={}", escaped(cursor)));
        path
    }
}

/// A value of a query as it stands in an address (RFC 3986).
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Reads `+08:00`; also with a space, which is what a plus means that a client did not write as `%2B`.
fn offset(text: &str) -> Option<Offset> {
    let sign = if text.starts_with(['+', ' ']) { 1 } else { -1 };
    let (hours, minutes) = text.strip_prefix(['+', ' ', '-'])?.split_once(':')?;
    let number = |text: &str, below: i32| -> Option<i32> {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|number| digits && *number < below)
    };
    Offset::from_seconds(sign * (number(hours, 15)? * 3600 + number(minutes, 60)? * 60)).ok()
}

/// `GET /v1/tasks`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TasksQuery {
    /// Whose desk; by default the caller's own, and every desk for a manager.
    pub role: Option<Desk>,
    /// Only tasks of this kind.
    pub kind: Option<TaskKind>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// How many.
    pub limit: Option<u32>,
}

impl TasksQuery {
    /// How many items are wanted.
    ///
    /// # Errors
    /// 400 when out of range.
    pub fn limit(&self) -> Result<u32, Problem> {
        limit(self.limit)
    }
}

/// `GET /v1/shipments`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShipmentsQuery {
    /// Whose work list.
    pub location_id: LocationId,
    /// `open`, `done`, or the name of one state; without it both lists, first what is open.
    pub status: Option<String>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// How many.
    pub limit: Option<u32>,
}

impl ShipmentsQuery {
    /// Which list, and which state in it where one is named.
    ///
    /// # Errors
    /// 400 for a name that is neither.
    pub fn list(&self) -> Result<(Option<WorkList>, Option<ShipmentStatus>), Problem> {
        match self.status.as_deref() {
            None => Ok((None, None)),
            Some("open") => Ok((Some(WorkList::Open), None)),
            Some("done") => Ok((Some(WorkList::Done), None)),
            Some(name) => match ShipmentStatus::from_name(name) {
                Some(status) if status.is_open_at_location() => Ok((Some(WorkList::Open), Some(status))),
                Some(status) => Ok((Some(WorkList::Done), Some(status))),
                None => Err(Problem::field("status", "must be open, done or the name of a shipment's state")),
            },
        }
    }

    /// How many items are wanted.
    ///
    /// # Errors
    /// 400 when out of range.
    pub fn limit(&self) -> Result<u32, Problem> {
        limit(self.limit)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use axum::extract::Query;

    fn orders(query: &str) -> OrdersQuery {
        Query::try_from_uri(&format!("/v1/orders?{query}").parse().unwrap()).unwrap().0
    }

    #[test]
    fn one_key_is_required() {
        assert_eq!(orders("customer_id=c-1").key().unwrap(), ListKey::Customer("c-1".into()));
        assert_eq!(
            orders("placed_on=2026-11-11&channel=web&status=in_fulfilment").key().unwrap(),
            ListKey::Day("2026-11-11".into(), Channel::parse("web").unwrap())
        );
        for (query, field) in [
            ("", "customer_id"),
            ("customer_id=", "customer_id"),
            ("customer_id=a&placed_on=2026-11-11", "placed_on"),
            ("placed_on=2026-11-11", "channel"),
            ("placed_on=2026-02-30&channel=web", "placed_on"),
            ("placed_on=20261111&channel=web", "placed_on"),
        ] {
            assert_eq!(orders(query).key().unwrap_err().to_json(None, None)["field"], field, "{query}");
        }
    }

    #[test]
    fn limits() {
        assert_eq!(orders("").limit().unwrap(), DEFAULT_LIMIT);
        assert_eq!(orders("limit=100").limit().unwrap(), 100);
        assert!(orders("limit=0").limit().is_err());
        assert!(orders("limit=101").limit().is_err());
    }

    #[test]
    fn work_lists() {
        let list = |status: Option<&str>| {
            ShipmentsQuery {
                location_id: LocationId::parse("sz-1").unwrap(),
                status: status.map(Into::into),
                cursor: None,
                limit: None,
            }
            .list()
        };
        assert_eq!(list(None).unwrap(), (None, None));
        assert_eq!(list(Some("packed")).unwrap(), (Some(WorkList::Open), Some(ShipmentStatus::Packed)));
        assert_eq!(list(Some("in_transit")).unwrap(), (Some(WorkList::Done), Some(ShipmentStatus::InTransit)));
        assert!(list(Some("eaten")).is_err());
    }
}
