//! What the rules cost: deciding and applying a whole life, and reading an order as it is stored. `cargo bench -p oms-domain`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    missing_docs,
    unused_imports
)]

// The tests' shop, so that the life is one that the tests live too.
#[path = "../tests/domain/given.rs"]
mod given;
#[path = "../tests/domain/older.rs"]
mod older;
#[path = "../tests/domain/till.rs"]
mod till;
#[path = "../tests/domain/world.rs"]
mod world;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use oms_domain::command::{Command, Report, Scan};
use oms_domain::decide::decide;
use oms_domain::event::CommitRecord;
use oms_domain::order::Order;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::policy::Context;

use crate::world::World;

/// An order, and what was decided about it while it was so.
struct Decision {
    order: Order,
    command: Command,
}

/// From received to delivered: paid by card, one shipment, three scans.
fn life() -> (World, Vec<Decision>) {
    let mut world = World::with(given::shirts());
    let mut decisions = Vec::new();
    let mut take = |world: &mut World, command: Command| {
        decisions.push(Decision { order: world.order().clone(), command: command.clone() });
        world.must(command);
    };
    let (products, levels, locations) = (world.products.clone(), world.levels(), world.locations.clone());
    take(&mut world, Command::Validate { products, levels, locations });
    let amount = world.order().body.total;
    let fact = PaymentFact { key: world.new_key(), ..given::fact("any", "pi_1", PaymentFactKind::Captured { amount }) };
    take(&mut world, Command::RecordPayment(fact));
    let (levels, locations) = (world.levels(), world.locations.clone());
    take(&mut world, Command::Plan { levels, locations });
    let shipped = Report::Shipped { carrier: given::carrier(), tracking_number: given::tracking("SF1") };
    for report in [Report::Accepted, Report::Packed, shipped] {
        let shipment_id = world.shipment(1);
        take(&mut world, Command::Report { shipment_id, report });
    }
    for scan in [Scan::InTransit, Scan::OutForDelivery, Scan::Delivered] {
        let shipment_id = world.shipment(1);
        take(&mut world, Command::Scan { shipment_id, scan });
    }
    (world, decisions)
}

fn deciding(criterion: &mut Criterion) {
    let (world, decisions) = life();
    let context = Context { now: world.now, policy: &world.policy };
    criterion.bench_function("decide every step of a life", |bench| {
        bench.iter(|| {
            for decision in &decisions {
                black_box(decide(black_box(&decision.order), black_box(&decision.command), &context).unwrap());
            }
        });
    });
}

fn applying(criterion: &mut Criterion) {
    let (world, _) = life();
    let records = &world.lives[0].records;
    criterion.bench_function("fold the commits of a whole life", |bench| {
        bench.iter(|| black_box(Order::from_records(black_box(records)).unwrap()));
    });
}

fn parsing(criterion: &mut Criterion) {
    let (world, _) = life();
    let texts: Vec<String> =
        world.lives[0].records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    criterion.bench_function("read an order's first commit from JSON", |bench| {
        bench.iter(|| black_box(serde_json::from_str::<CommitRecord>(black_box(&texts[0])).unwrap()));
    });
    criterion.bench_function("read a whole life from JSON", |bench| {
        bench.iter(|| {
            for text in &texts {
                black_box(serde_json::from_str::<CommitRecord>(black_box(text)).unwrap());
            }
        });
    });
    let records = &world.lives[0].records;
    criterion.bench_function("write an order's first commit as JSON", |bench| {
        bench.iter(|| black_box(serde_json::to_string(black_box(&records[0])).unwrap()));
    });
}

criterion_group!(benches, deciding, applying, parsing);
criterion_main!(benches);
