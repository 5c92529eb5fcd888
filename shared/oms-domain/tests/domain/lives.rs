//! Random lives of orders, with one property for each invariant, checked after every step.
//!
//! The cases are the same on every run. `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for others.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::bodies::{ShopPlan, shop_plan};
use crate::invariants;
use crate::steps::{Step, step};
use crate::world::World;

pub fn config(cases: u32) -> ProptestConfig {
    let set = |name| std::env::var_os(name).is_some();
    let base = ProptestConfig::default();
    ProptestConfig {
        cases: if set("PROPTEST_CASES") { base.cases } else { cases },
        rng_seed: if set("PROPTEST_RNG_SEED") { base.rng_seed } else { RngSeed::Fixed(1111) },
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..base
    }
}

pub fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 5..most)
}

/// Lives the lives, and checks after every step.
fn live(plan: &ShopPlan, steps: &[Step], check: fn(&World)) -> World {
    let mut world = plan.world();
    check(&world);
    for step in steps {
        world.fresh.clear();
        world.take(step);
        check(&world);
    }
    world.fresh.clear();
    world
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn invariant_1_money_is_never_lost_or_made(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::money);
    }

    #[test]
    fn invariant_1_the_ledger_balances_and_says_what_the_order_says(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::ledger);
    }

    #[test]
    fn invariant_1_a_promise_is_taken_once_and_not_beyond_it(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::promises);
    }

    #[test]
    fn invariant_2_stock_is_never_oversold(plan in shop_plan(3), steps in steps(80)) {
        live(&plan, &steps, invariants::stock);
    }

    #[test]
    fn invariant_3_quantities_are_conserved(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::quantities);
    }

    #[test]
    fn invariant_4_no_state_waits_without_a_way_out(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::ways_out);
    }

    #[test]
    fn invariant_5_a_cause_has_its_effect_once(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::once);
    }

    #[test]
    fn invariant_6_goods_move_only_when_they_may(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::goods);
    }

    #[test]
    fn invariant_6_a_deposit_is_kept_only_by_the_rule(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::deposits);
    }

    #[test]
    fn every_move_is_in_its_machines_table(plan in shop_plan(2), steps in steps(60)) {
        live(&plan, &steps, invariants::machines);
    }
}

proptest! {
    #![proptest_config(config(30))]

    /// Left alone, an order comes to rest: either it is over, or it waits for people.
    #[test]
    fn invariant_4_every_order_comes_to_rest(plan in shop_plan(2), steps in steps(50)) {
        let mut world = live(&plan, &steps, |_| {});
        for life in 0..world.lives.len() {
            world.rest(life);
            invariants::ways_out(&world);
        }
    }

    /// Once people, locations and carriers answer, every order ends; and an order that kept money has delivered.
    #[test]
    fn invariants_4_and_6_every_order_ends_paid_or_paid_back(
        plan in shop_plan(2), steps in steps(50), turn in any::<u16>()
    ) {
        let mut world = live(&plan, &steps, |_| {});
        for life in 0..world.lives.len() {
            world.finish(life, usize::from(turn));
            invariants::paid_or_back(&world.lives[life].order);
            invariants::settled(&world.lives[life].order);
        }
        world.fresh.clear();
        invariants::money(&world);
        invariants::ledger(&world);
        invariants::stock(&world);
    }
}
