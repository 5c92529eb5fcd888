//! Where an order ships from: the nearest location that has everything, else the fewest parcels.
//!
//! Nearness is by the address: same city before same region before same country before abroad, then the shop's own
//! priority, then the id, so that a decision is always the same for the same stock.

use std::collections::{BTreeMap, BTreeSet};

use crate::body::{Address, DeliveryType};
use crate::event::Allotment;
use crate::id::{LineId, LocationId, Sku};
use crate::location::Location;
use crate::order::Order;
use crate::stock::StockLevel;

/// Sets of more locations than this are not searched one by one; the greedy choice serves.
const SEARCHED_LOCATIONS: usize = 12;

/// Units of a line that need a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The line.
    pub line_id: LineId,
    /// Its stock keeping unit.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
}

/// What is ordered and has no shipment yet.
#[must_use]
pub fn demand(order: &Order) -> Vec<Demand> {
    order
        .body
        .lines
        .iter()
        .map(|l| Demand { line_id: l.line_id.clone(), sku: l.sku.clone(), quantity: order.unplanned(l) })
        .filter(|d| d.quantity > 0)
        .collect()
}

/// Locations to choose from, nearest first, with what each can still promise.
#[derive(Debug)]
pub struct Request {
    candidates: Vec<Candidate>,
}

#[derive(Debug)]
struct Candidate {
    id: LocationId,
    free: BTreeMap<Sku, u32>,
}

impl Request {
    /// The choice that an order has: not the locations that refused it; for pickup only the chosen one.
    #[must_use]
    pub fn new(order: &Order, locations: &[Location], levels: &[StockLevel]) -> Self {
        let only = match order.body.delivery.kind {
            DeliveryType::Pickup => order.body.delivery.location_id.as_ref(),
            DeliveryType::Ship | DeliveryType::Local | DeliveryType::Digital => None,
        };
        let mut allowed: Vec<&Location> = locations
            .iter()
            .filter(|l| !order.refusing_locations.contains(&l.location_id))
            .filter(|l| only.is_none_or(|wanted| *wanted == l.location_id))
            .collect();
        allowed.sort_by_key(|l| (distance(order.body.shipping_address.as_ref(), l), l.priority, l.location_id.clone()));
        let candidates = allowed
            .into_iter()
            .map(|l| Candidate {
                id: l.location_id.clone(),
                free: levels
                    .iter()
                    .filter(|s| s.location_id == l.location_id && s.available() > 0)
                    .map(|s| (s.sku.clone(), s.available()))
                    .collect(),
            })
            .filter(|c| !c.free.is_empty())
            .collect();
        Self { candidates }
    }
}

/// 0 same city, 1 same region, 2 same country, 3 abroad or unknown.
fn distance(address: Option<&Address>, location: &Location) -> u8 {
    let Some(address) = address else { return 3 };
    let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
        (Some(a), Some(b)) => {
            let (a, b) = (a.trim(), b.trim());
            !a.is_empty() && a.to_lowercase() == b.to_lowercase()
        }
        (None, _) | (_, None) => false,
    };
    if !same(address.country.as_deref(), Some(&location.country)) {
        3
    } else if same(address.city.as_deref(), location.city.as_deref()) {
        0
    } else if same(address.region.as_deref(), location.region.as_deref()) {
        1
    } else {
        2
    }
}

/// Places all of the demand, or says which SKUs there are not enough of.
///
/// # Errors
/// The SKUs of which all locations together have too little.
pub fn allocate(demand: &[Demand], request: &Request) -> Result<Vec<Allotment>, BTreeSet<Sku>> {
    let needed = by_sku(demand);
    let short: BTreeSet<Sku> = needed
        .iter()
        .filter(|(sku, quantity)| {
            let free: u64 = request.candidates.iter().map(|c| u64::from(c.free.get(*sku).copied().unwrap_or(0))).sum();
            free < **quantity
        })
        .map(|(sku, _)| (*sku).clone())
        .collect();
    if !short.is_empty() {
        return Err(short);
    }
    let useful: Vec<&Candidate> =
        request.candidates.iter().filter(|c| needed.keys().any(|sku| c.free.contains_key(*sku))).collect();
    let chosen = fewest(&useful, &needed);
    Ok(fill(demand, &chosen))
}

fn by_sku(demand: &[Demand]) -> BTreeMap<&Sku, u64> {
    let mut needed = BTreeMap::new();
    for d in demand {
        *needed.entry(&d.sku).or_default() += u64::from(d.quantity);
    }
    needed
}

fn covers(set: &[&Candidate], needed: &BTreeMap<&Sku, u64>) -> bool {
    needed.iter().all(|(sku, quantity)| {
        set.iter().map(|c| u64::from(c.free.get(*sku).copied().unwrap_or(0))).sum::<u64>() >= *quantity
    })
}

/// The smallest set that covers the need; among sets of one size the one whose members come first.
fn fewest<'a>(candidates: &[&'a Candidate], needed: &BTreeMap<&Sku, u64>) -> Vec<&'a Candidate> {
    let near: Vec<&Candidate> = candidates.iter().take(SEARCHED_LOCATIONS).copied().collect();
    for size in 1..=near.len() {
        if let Some(set) = first_covering(&near, size, needed, &mut Vec::new()) {
            return set;
        }
    }
    greedy(candidates, needed)
}

/// The first set of a size, in order of nearness, that covers the need.
fn first_covering<'a>(
    candidates: &[&'a Candidate],
    size: usize,
    needed: &BTreeMap<&Sku, u64>,
    taken: &mut Vec<&'a Candidate>,
) -> Option<Vec<&'a Candidate>> {
    if size == 0 {
        return covers(taken, needed).then(|| taken.clone());
    }
    let mut rest = candidates;
    while let Some((first, others)) = rest.split_first() {
        if rest.len() < size {
            return None;
        }
        taken.push(first);
        let found = first_covering(others, size - 1, needed, taken);
        taken.pop();
        if found.is_some() {
            return found;
        }
        rest = others;
    }
    None
}

/// Takes whichever location brings the most of what is still missing, until nothing is.
fn greedy<'a>(candidates: &[&'a Candidate], needed: &BTreeMap<&Sku, u64>) -> Vec<&'a Candidate> {
    let mut open = needed.clone();
    let mut left: Vec<&Candidate> = candidates.to_vec();
    let mut chosen = Vec::new();
    while open.values().any(|q| *q > 0) && !left.is_empty() {
        let gain = |c: &Candidate| -> u64 {
            open.iter().map(|(sku, q)| (*q).min(u64::from(c.free.get(*sku).copied().unwrap_or(0)))).sum()
        };
        let mut best = 0;
        let mut best_gain = 0;
        for (i, candidate) in left.iter().enumerate() {
            let gain = gain(candidate);
            if gain > best_gain {
                (best, best_gain) = (i, gain);
            }
        }
        let candidate = left.remove(best);
        for (sku, quantity) in &mut open {
            *quantity = quantity.saturating_sub(u64::from(candidate.free.get(*sku).copied().unwrap_or(0)));
        }
        chosen.push(candidate);
    }
    chosen
}

/// Takes each line's units from the chosen locations, in their order.
fn fill(demand: &[Demand], chosen: &[&Candidate]) -> Vec<Allotment> {
    let mut free: Vec<(&LocationId, BTreeMap<Sku, u32>)> = chosen.iter().map(|c| (&c.id, c.free.clone())).collect();
    let mut allotments = Vec::new();
    for d in demand {
        let mut open = d.quantity;
        for (location_id, stock) in &mut free {
            let Some(available) = stock.get_mut(&d.sku) else { continue };
            let quantity = open.min(*available);
            if quantity == 0 {
                continue;
            }
            *available -= quantity;
            open -= quantity;
            allotments.push(Allotment {
                line_id: d.line_id.clone(),
                sku: d.sku.clone(),
                location_id: (*location_id).clone(),
                quantity,
            });
        }
    }
    allotments
}
