//! How rough a life is: how often calls fail and how, which port is down for a while, how often others go first.

use jiff::Timestamp;

use crate::faults::Fault;
use crate::shop::work::later;
use crate::sim::chance::{Chance, NOBODY, What};

/// What can be down for a while, by what its calls begin with, and for how long at most, in seconds. The tables are never
/// down for long: nothing works then, and nothing can go wrong.
const OUTAGES: [(&str, i64); 5] =
    [("gateway.", 43_200), ("queue.", 3_600), ("bus.", 7_200), ("stock.", 120), ("orders.", 120)];

/// A port that is down.
#[derive(Debug, Clone, Copy)]
struct Outage {
    calls: &'static str,
    from: Timestamp,
    until: Timestamp,
}

/// How rough a life is. The plain weather is without a fault, and nobody goes first.
#[derive(Debug)]
pub struct Weather {
    /// How many of a thousand calls fail.
    pub faults: u32,
    /// How often of a thousand times somebody else goes first.
    pub turns: u32,
    /// How often of a thousand times the clock jumps while functions are at work.
    pub jumps: u32,
    /// How many of a thousand messages and requests come twice or late.
    pub copies: u32,
    /// How many of a thousand index reads are stale.
    pub stale: u32,
    /// Whether all messages are lost in the end.
    pub mail_lost: bool,
    /// Whether new stock comes in the end.
    pub restocked: bool,
    outage: Option<Outage>,
}

impl Weather {
    /// The weather of a life that begins now.
    pub fn draw(chance: &mut Chance, now: Timestamp) -> Self {
        let mut weighted = |choices: &[(u32, u32)]| chance.weighted(What::World, NOBODY, choices);
        let faults = weighted(&[(2, 0), (3, 10), (3, 40), (1, 100), (1, 200)]);
        let turns = weighted(&[(1, 0), (3, 100), (4, 400), (2, 800)]);
        let jumps = weighted(&[(3, 0), (3, 5), (1, 30)]);
        let copies = weighted(&[(1, 0), (2, 100), (2, 300)]);
        let stale = weighted(&[(2, 0), (2, 200), (1, 700)]);
        let mail_lost = chance.hits(What::World, NOBODY, 300);
        let restocked = chance.hits(What::World, NOBODY, 600);
        let outage = chance.sometimes(What::World, NOBODY, 200, OUTAGES.len()).map(|port| {
            let (calls, longest) = OUTAGES[port];
            let from = later(now, chance.weighted(What::World, NOBODY, &[(1, 0), (1, 60), (1, 10_000), (1, 90_000)]));
            let part = chance.weighted(What::World, NOBODY, &[(1, 60), (1, 8), (1, 1)]);
            Outage { calls, from, until: later(from, longest / part) }
        });
        Self { faults, turns, jumps, copies, stale, mail_lost, restocked, outage }
    }

    /// How a call fails, if it does.
    pub fn fault(&self, chance: &mut Chance, order: u16, call: &str, now: Timestamp) -> Option<Fault> {
        let down = self.outage.is_some_and(|o| call.starts_with(o.calls) && o.from <= now && now < o.until);
        let drawn = chance.sometimes(What::Fault, order, self.faults, Fault::ALL.len()).map(|kind| Fault::ALL[kind]);
        if down { Some(Fault::Before) } else { drawn }
    }

    /// The sun comes out.
    pub fn clear_up(&mut self) {
        self.outage = None;
    }
}
