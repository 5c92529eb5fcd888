//! What an audit found, and what it looked at.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use oms_domain::money::{Currency, Money};
use serde::Serialize;

/// What is checked. Each is known to fire: see `tests/planted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A row cannot be read.
    Unreadable,
    /// Commit numbers are 1, 2, 3, … and each row has its own commit in it.
    CommitNumbers,
    /// Event numbers go on from commit to commit without a gap.
    EventNumbers,
    /// A commit with news for other systems is marked, so that the stream brings it to the publisher.
    News,
    /// Every move of every machine is in its table.
    Moves,
    /// No two things of one order have the same id.
    Identities,
    /// An outside event has its effect once.
    Causes,
    /// One currency an order; captures never shrink; nothing is refunded beyond what was captured, or twice.
    Money,
    /// An order that is over kept money for what it delivered, and no more than its total.
    KeptMoney,
    /// Debits and credits are equal; the postings come to what the order says; each is found by its day.
    Ledger,
    /// Points that went back belong to parts of the order, which carry no more than it spends.
    Points,
    /// Line quantities are conserved; shipments carry what was ordered, and promises match shipments.
    Quantities,
    /// Goods move only when nothing holds them and they are covered.
    HeldGoods,
    /// The stored tasks are those that the order's state asks for.
    Tasks,
    /// Each shipment stands in the right list of its location.
    WorkList,
    /// An order that is not over has something that wakes it, or a person.
    Waits,
    /// The timer that wakes the order is there.
    WakeRow,
    /// Counters are not below zero, and `free` follows from the others.
    StockRow,
    /// What all orders hold and have committed of a SKU at a location is what its stock row says.
    Promises,
    /// One order for a channel's number.
    Twins,
    /// An idempotency key points to an order that knows it.
    Keys,
    /// A tracking number points to a shipment of an order, and each shipment with a number is found by it.
    Tracking,
}

impl Check {
    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::CommitNumbers => "commit_numbers",
            Self::EventNumbers => "event_numbers",
            Self::News => "news",
            Self::Moves => "moves",
            Self::Identities => "identities",
            Self::Causes => "causes",
            Self::Money => "money",
            Self::KeptMoney => "kept_money",
            Self::Ledger => "ledger",
            Self::Points => "points",
            Self::Quantities => "quantities",
            Self::HeldGoods => "held_goods",
            Self::Tasks => "tasks",
            Self::WorkList => "work_list",
            Self::Waits => "waits",
            Self::WakeRow => "wake_row",
            Self::StockRow => "stock_row",
            Self::Promises => "promises",
            Self::Twins => "twins",
            Self::Keys => "keys",
            Self::Tracking => "tracking",
        }
    }

    /// Every check.
    pub const ALL: &'static [Self] = &[
        Self::Unreadable,
        Self::CommitNumbers,
        Self::EventNumbers,
        Self::News,
        Self::Moves,
        Self::Identities,
        Self::Causes,
        Self::Money,
        Self::KeptMoney,
        Self::Ledger,
        Self::Points,
        Self::Quantities,
        Self::HeldGoods,
        Self::Tasks,
        Self::WorkList,
        Self::Waits,
        Self::WakeRow,
        Self::StockRow,
        Self::Promises,
        Self::Twins,
        Self::Keys,
        Self::Tracking,
    ];
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What was checked.
    pub check: Check,
    /// Of what: an order's id, a SKU and its location, a row's key.
    pub subject: String,
    /// In words, free of personal data.
    pub detail: String,
}

impl Violation {
    /// One.
    pub fn new(check: Check, subject: impl Display, detail: impl Into<String>) -> Self {
        Self { check, subject: subject.to_string(), detail: detail.into() }
    }
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.check.name(), self.subject, self.detail)
    }
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Orders by status.
    pub orders: BTreeMap<&'static str, u64>,
    /// Commits of all orders.
    pub commits: u64,
    /// Events of all orders.
    pub events: u64,
    /// Tasks that wait for a person, those of no order included.
    pub tasks: u64,
    /// Callbacks and scans that wait for what they belong to.
    pub parked: u64,
    /// Idempotency keys.
    pub keys: u64,
    /// Keys of requests that ended before they were answered, and that were never sent again: their sender got no 202.
    pub keys_without_answer: u64,
    /// Tracking numbers.
    pub tracking_numbers: u64,
    /// Rows of kinds that an audit has nothing to say about.
    pub other_rows: u64,
    /// Units of orders.
    pub units: Units,
    /// Stock rows whose promises were compared.
    pub stock_rows: u64,
    /// Stock rows that moved while the orders were read, so that nothing can be said of their sums.
    pub stock_rows_moving: u64,
    /// By currency code.
    pub money: BTreeMap<&'static str, Sums>,
}

/// Units of all lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Units {
    /// In accepted orders.
    pub ordered: u64,
    /// Set aside for orders that are not planned yet.
    pub held: u64,
    /// In planned shipments.
    pub committed: u64,
    /// Gone from their shelves.
    pub shipped: u64,
}

/// Sums of money in one currency, as decimal texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sums {
    #[serde(serialize_with = "amount")]
    /// Of all orders.
    pub ordered: Money,
    #[serde(serialize_with = "amount")]
    /// Taken.
    pub captured: Money,
    #[serde(serialize_with = "amount")]
    /// Sent back.
    pub refunded: Money,
}

fn amount<S: serde::Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&money.amount())
}

impl Sums {
    /// Nothing yet.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { ordered: zero, captured: zero, refunded: zero }
    }
}

/// The whole result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What was looked at.
    pub summary: Summary,
    /// What does not agree; empty is as it should be.
    pub violations: Vec<Violation>,
}

impl Report {
    /// All orders.
    #[must_use]
    pub fn orders(&self) -> u64 {
        self.summary.orders.values().sum()
    }
}

/// One line for each violation, then the summary.
impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in &self.violations {
            writeln!(f, "{violation}")?;
        }
        let s = &self.summary;
        let statuses: Vec<String> = s.orders.iter().map(|(status, count)| format!("{count} {status}")).collect();
        writeln!(f, "orders    {} ({})", self.orders(), statuses.join(", "))?;
        writeln!(f, "commits   {} with {} events", s.commits, s.events)?;
        writeln!(
            f,
            "units     {} ordered, {} held, {} committed, {} shipped",
            s.units.ordered, s.units.held, s.units.committed, s.units.shipped
        )?;
        for (code, sums) in &s.money {
            let [ordered, captured, refunded] = [sums.ordered, sums.captured, sums.refunded].map(Money::amount);
            writeln!(f, "{code}       {ordered} ordered, {captured} captured, {refunded} refunded")?;
        }
        writeln!(f, "stock     {} rows compared, {} moving", s.stock_rows, s.stock_rows_moving)?;
        writeln!(f, "waiting   {} tasks, {} parked events", s.tasks, s.parked)?;
        writeln!(
            f,
            "beside    {} keys ({} never answered), {} tracking numbers, {} other rows",
            s.keys, s.keys_without_answer, s.tracking_numbers, s.other_rows
        )?;
        write!(
            f,
            "{}",
            match self.violations.len() {
                0 => "nothing disagrees".to_owned(),
                1 => "1 violation".to_owned(),
                count => format!("{count} violations"),
            }
        )
    }
}
