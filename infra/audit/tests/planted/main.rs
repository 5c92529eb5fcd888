//! Each check is known to fire: a healthy life has no violation, and each planted inconsistency has the one that it should have.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod deposits;
mod life;
mod pointers;
mod points;
mod records;
mod rows;
mod shelves;

use std::collections::BTreeSet;

use audit::{Check, Violation};

use crate::life::Life;

/// Something wrong, and the check that must see it.
struct Planted {
    check: Check,
    what: &'static str,
    /// Part of what it must say, so that no other mistake of the same kind can stand in for it.
    says: &'static str,
    found: Vec<Violation>,
}

/// All of them, from every part.
fn everything() -> Vec<Planted> {
    let mut all = records::planted();
    all.extend(deposits::planted());
    all.extend(rows::planted());
    all.extend(shelves::planted());
    all.extend(pointers::planted());
    all.extend(points::planted());
    all
}

#[test]
fn a_healthy_life_has_no_violation_at_any_of_its_steps() {
    for (name, life) in [
        ("delivered", Life::delivered()),
        ("held", Life::held()),
        ("cancelled", Life::cancelled()),
        ("cancelled before its coupon was asked for", Life::cancelled_unasked()),
        ("deposit kept", Life::deposit_kept()),
    ] {
        for commits in 1..=life.records.len() {
            let found = life.first(commits).violations();
            assert!(found.is_empty(), "{name} after {commits} commits: {found:#?}");
        }
    }
}

#[test]
fn every_planted_inconsistency_is_found() {
    for Planted { check, what, says, found } in everything() {
        let is_told = found.iter().any(|v| v.check == check && v.detail.contains(says));
        assert!(is_told, "{what}: {} must say \"{says}\", not {found:#?}", check.name());
    }
}

#[test]
fn every_check_has_something_planted_for_it() {
    let planted: BTreeSet<Check> = everything().into_iter().map(|planted| planted.check).collect();
    let unplanted: Vec<_> = Check::ALL.iter().filter(|check| !planted.contains(check)).collect();
    assert!(unplanted.is_empty(), "{unplanted:?}");
}

#[test]
fn nothing_personal_is_told() {
    for Planted { what, found, .. } in everything() {
        for violation in found {
            let text = violation.to_string();
            for personal in ["王芳", "wang@example.com", "13800000000", "科技园路"] {
                assert!(!text.contains(personal), "{what}: {text}");
            }
        }
    }
}
