//! How much of everything: a short run among the other tests, or what the command asks for.

use std::fmt::Display;
use std::io::Write;

use local_stack::testing;
use oms_testkit::seeded::Seeded;

/// Orders of a short run.
const SHORT: usize = 100;

/// How long a run is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many orders.
    pub orders: usize,
    /// Where chance begins.
    pub seed: u64,
    /// Whether a person asked for it, who wants to read figures and waits for them.
    pub long: bool,
}

impl Plan {
    /// As the environment says.
    pub fn of_this_run() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
        let orders = number(testing::CHAOS_ORDERS).and_then(|orders| usize::try_from(orders).ok());
        Self {
            orders: orders.unwrap_or(SHORT).max(20),
            seed: number(testing::CHAOS_SEED).unwrap_or(1),
            long: orders.is_some(),
        }
    }

    /// Chance.
    pub fn chance(&self) -> Seeded {
        Seeded::new(self.seed)
    }

    /// Says a figure: past the test runner, which swallows what a passing test prints.
    pub fn tell(&self, line: impl Display) {
        if self.long {
            writeln!(std::io::stderr(), "chaos: {line}").ok();
        }
    }
}
