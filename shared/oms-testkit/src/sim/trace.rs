//! What happened in a life, line by line, and a number that stands for all of it.

use std::fmt::{self, Write};

use crate::shop::acts::Act;
use crate::sim::world::{Item, Todo};

/// A life's trace: always a hash, and the text where it is wanted.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
}

impl Trace {
    /// With or without its text.
    #[must_use]
    pub fn new(text: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: text.then(Vec::new) }
    }

    /// Adds a line.
    pub fn line(&mut self, line: fmt::Arguments<'_>) {
        let hashed = Hashed(&mut self.hash).write_fmt(line);
        debug_assert!(hashed.is_ok());
        self.hash = (self.hash ^ 0x0a).wrapping_mul(0x0000_0100_0000_01b3);
        if let Some(lines) = &mut self.lines {
            lines.push(line.to_string());
        }
    }

    /// Adds something to the hash that no line shows.
    pub fn also(&mut self, what: &impl fmt::Debug) {
        let hashed = write!(Hashed(&mut self.hash), "{what:?}");
        debug_assert!(hashed.is_ok());
    }

    /// The hash: the same life has the same.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The lines, where they were wanted.
    #[must_use]
    pub fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}

/// FNV-1a: text goes in piece by piece, without being built first.
struct Hashed<'a>(&'a mut u64);

impl Write for Hashed<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.0 = (*self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}

/// What a function is called in the trace.
#[must_use]
pub fn label(item: &Item) -> String {
    let order = item.order;
    match &item.what {
        Todo::Request(act, _) => format!("#{order} {}", of_act(act)),
        Todo::Message(message) => format!("#{order} {}", message.stimulus.work.name()),
        Todo::Stream(_) => "publish".to_owned(),
        Todo::Sweep => "sweep".to_owned(),
        Todo::AtProvider(_) => format!("#{order} provider"),
    }
}

fn of_act(act: &Act) -> String {
    match act {
        Act::Place { key, .. } => format!("place {key}"),
        Act::Told(fact) => format!("told {} {}", fact.key, fact.kind.name()),
        Act::Identify { payment, .. } => format!("identify {payment}"),
        Act::Open { provider, amount, key } => format!("open {key}: {amount} by {}", provider.name()),
        Act::Start { payment, client } => format!("start {payment} for {}", client.name()),
        Act::Report { shipment, key, .. } => format!("report {key} of {shipment}"),
        Act::Scan { event, status, .. } => format!("scan {event} {status}"),
        Act::Ask(command) => {
            let text = format!("{command:?}");
            format!("ask {}", text.split([' ', '(']).next().unwrap_or_default())
        }
        Act::CancelLines { line, quantity, key } => format!("cancel {quantity} of {line} {key}"),
        Act::Refund { amount, key } => format!("refund {amount} {key}"),
        Act::RefundLines { line, quantity, key } => format!("refund {quantity} of {line} {key}"),
        Act::Count { place, sku, on_hand } => format!("count {on_hand} {sku} at {place}"),
        Act::Pass(seconds) => format!("pass {seconds}"),
    }
}
