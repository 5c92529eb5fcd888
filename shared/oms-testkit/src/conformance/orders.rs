//! Commits: the lock, atomicity, and events that come before their order.

use futures::future::join_all;
use jiff::SignedDuration;
use oms_app::error::StoreError;
use oms_app::ports::{Commit, ParkedFact, SideRow};
use oms_domain::body::Provider;
use oms_domain::id::EventKey;
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::stock::StockMove;
use oms_domain::task::{Answer, Role, Task, TaskKind};

use crate::seeded::SeededIds;

use super::{Orders, Stock, at, commit, eventually, first, next, note, order_id};
use crate::build::{an_order, cny, location_id, next_commit, sku};

/// A promise of units, as a stock move.
pub(super) fn hold(sku_text: &str, location: &str, units: i64) -> StockMove {
    StockMove {
        location_id: location_id(location),
        sku: sku(sku_text),
        on_hand: 0,
        held: units,
        committed: 0,
        takes: units.max(0),
    }
}

/// A fact about an order's payment.
pub(super) fn fact(key: &str, seconds: i64) -> ParkedFact {
    ParkedFact {
        fact: PaymentFact {
            key: EventKey::parse(key).expect("a key"),
            provider: Provider::Stripe,
            provider_payment_id: "pi_1".into(),
            reference: None,
            live: false,
            kind: PaymentFactKind::Captured { amount: cny("186.00") },
            fees: Vec::new(),
        },
        at: at(seconds),
    }
}

/// A task of an order.
pub(super) fn task(id: &str, of: Option<&Commit>, role: Role, seconds: i64) -> Task {
    Task {
        task_id: id.to_owned(),
        kind: TaskKind::Hold,
        role,
        order_id: of.map(|commit| commit.record.order_id.clone()),
        reason: "人工审核".into(),
        since: at(seconds),
        answers: vec![Answer::post("release", "/v1/orders/x/holds/h1/release")],
    }
}

/// What is committed is loaded, in order, and folds to the same state.
pub async fn a_commit_is_read_back(orders: impl Orders, _: impl Stock) {
    let id = order_id(1);
    let one = first(&id, 0);
    orders.commit(&one).await.expect("the first commit");
    let mut two = next(&one, "system");
    two.record.cause = Some(EventKey::parse("stripe:evt_1").expect("a key"));
    orders.commit(&two).await.expect("the second commit");
    let loaded = orders.load(&id).await.expect("a load").expect("an order");
    assert_eq!(loaded.records, [one.record, two.record]);
    assert_eq!((loaded.order.version, loaded.order.event_count), (2, 2));
    assert_eq!(loaded.order.body, an_order().placed_for(&id));
    assert!(loaded.parked.is_empty());
}

/// A replica has what was written, up to some commit, and in the end all of it.
pub async fn a_replica_has_the_beginning(orders: impl Orders, _: impl Stock) {
    let id = order_id(20);
    let mut all = vec![first(&id, 0)];
    orders.commit(&all[0]).await.expect("the first commit");
    for round in 0..6 {
        let two = next(&all[round], "system");
        orders.commit(&two).await.expect("the next commit");
        all.push(two);
        let seen = orders.load_from_replica(&id).await.expect("a load").map_or(Vec::new(), |loaded| loaded.records);
        assert!(all.iter().map(|commit| &commit.record).take(seen.len()).eq(&seen), "{seen:?}");
    }
    let ask = || async { Ok(orders.load_from_replica(&id).await?.map_or(0, |loaded| loaded.records.len())) };
    eventually("the replica catches up", ask, |seen| *seen == all.len()).await;
}

/// An id that was never issued is no error.
pub async fn an_unknown_order_is_none(orders: impl Orders, _: impl Stock) {
    assert!(orders.load(&order_id(2)).await.expect("a load").is_none());
}

/// Of many that write one number at once, one wins and the others are told.
pub async fn one_writer_wins_a_number(orders: impl Orders, _: impl Stock) {
    let id = order_id(3);
    let one = first(&id, 0);
    orders.commit(&one).await.expect("the first commit");
    let writers = (0..20).map(|i| {
        let (orders, two) = (orders.clone(), next(&one, &format!("writer-{i}")));
        tokio::spawn(async move { (commit(&orders, &two, i).await, two.record) })
    });
    let mut won = Vec::new();
    for done in join_all(writers).await {
        match done.expect("a writer") {
            (Ok(()), record) => won.push(record),
            (Err(StoreError::VersionTaken), _) => {}
            (Err(other), _) => panic!("{other}"),
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(orders.load(&id).await.expect("a load").expect("an order").records.get(1), won.first());
}

/// A second first commit meets the first, whether it carries the same content or another.
pub async fn an_order_begins_once(orders: impl Orders, _: impl Stock) {
    let id = order_id(4);
    orders.commit(&first(&id, 0)).await.expect("the first commit");
    assert!(matches!(orders.commit(&first(&id, 0)).await, Err(StoreError::VersionTaken)));
    assert!(matches!(orders.commit(&first(&id, 9)).await, Err(StoreError::VersionTaken)));
}

/// Times are kept as they are in the record, though the table's own are in milliseconds.
pub async fn nanoseconds_survive(orders: impl Orders, _: impl Stock) {
    let id = order_id(5);
    let moment = at(0).checked_add(SignedDuration::from_nanos(123_456_789)).expect("a moment");
    let one = an_order().received(&id, moment);
    orders.commit(&one).await.expect("the first commit");
    assert_eq!(orders.load(&id).await.expect("a load").expect("an order").order.created_at, moment);
}

/// A callback alone does not make an order.
pub async fn parked_facts_make_no_order(orders: impl Orders, _: impl Stock) {
    let id = order_id(6);
    assert!(orders.park_fact(&id, &fact("stripe:evt_1", 1)).await.expect("a park"));
    assert!(orders.load(&id).await.expect("a load").is_none());
}

/// What was parked is loaded with the order, oldest first and each once, and dropped in the commit that applies it.
pub async fn a_parked_fact_waits_for_its_order(orders: impl Orders, _: impl Stock) {
    let id = order_id(7);
    let (early, late) = (fact("stripe:evt_z", 1), fact("stripe:evt_a", 2));
    assert!(orders.park_fact(&id, &late).await.expect("a park"));
    assert!(orders.park_fact(&id, &early).await.expect("a park"));
    assert!(orders.park_fact(&id, &late).await.expect("a park once more"));
    let one = first(&id, 3);
    orders.commit(&one).await.expect("the first commit");
    assert_eq!(orders.load(&id).await.expect("a load").expect("an order").parked, [early.clone(), late.clone()]);
    let mut two = next(&one, "stripe");
    two.rows.push(SideRow::DropParked { key: early.fact.key });
    commit(&orders, &two, 1).await.expect("the second commit");
    assert_eq!(orders.load(&id).await.expect("a load").expect("an order").parked, [late]);
}

/// An order that exists takes its facts by commit only.
pub async fn nothing_is_parked_at_an_order(orders: impl Orders, _: impl Stock) {
    let id = order_id(8);
    orders.commit(&first(&id, 0)).await.expect("the first commit");
    assert!(!orders.park_fact(&id, &fact("stripe:evt_1", 1)).await.expect("a park"));
    assert!(orders.load(&id).await.expect("a load").expect("an order").parked.is_empty());
}

/// Parked facts are read without their order, oldest first, and dropped, each once.
pub async fn parked_facts_are_dropped(orders: impl Orders, _: impl Stock) {
    let id = order_id(14);
    let (late, early) = (fact("stripe:evt_1", 2), fact("stripe:evt_2", 1));
    for parked in [&late, &early] {
        assert!(orders.park_fact(&id, parked).await.expect("a park"));
    }
    assert_eq!(orders.parked_facts(&id).await.expect("facts"), [early.clone(), late.clone()]);
    orders.drop_fact(&id, &early.fact.key).await.expect("a drop");
    orders.drop_fact(&id, &early.fact.key).await.expect("a drop once more");
    assert_eq!(orders.parked_facts(&id).await.expect("facts"), [late]);
    assert!(orders.parked_facts(&order_id(15)).await.expect("facts").is_empty());
}

/// Whichever comes first, no fact is lost: it is parked and loaded with the order, or refused.
pub async fn parking_and_placing_race(orders: impl Orders, _: impl Stock) {
    for round in 0..10 {
        let id = order_id(900 + round);
        let parker = tokio::spawn({
            let (orders, id) = (orders.clone(), id.clone());
            async move {
                loop {
                    match orders.park_fact(&id, &fact("stripe:evt_1", 1)).await {
                        Err(StoreError::Contended(_)) => {}
                        other => return other.expect("a park"),
                    }
                }
            }
        });
        commit(&orders, &first(&id, 2), round).await.expect("the first commit");
        let kept = parker.await.expect("the parker");
        let loaded = orders.load(&id).await.expect("a load").expect("an order");
        assert_eq!(loaded.parked.len(), usize::from(kept));
    }
}

/// A commit happens as a whole or not at all: the order's row, stock, tasks, tracking numbers.
pub async fn all_or_nothing(orders: impl Orders, stock: impl Stock) {
    let id = order_id(10);
    stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 5, 0, None).await.expect("a count");
    stock.set_count(&location_id("sz-1"), &sku("MUG"), 1, 0, None).await.expect("a count");
    let one = first(&id, 0);
    orders.commit(&one).await.expect("the first commit");

    // Short of one SKU: nothing of the other moves either.
    let mut two = next(&one, "reserve");
    two.stock = vec![hold("TEE-M", "sz-1", 2), hold("MUG", "sz-1", 2)];
    two.rows.push(SideRow::OpenTask(task("never", Some(&one), Role::Support, 1)));
    assert!(matches!(commit(&orders, &two, 1).await, Err(StoreError::StockShort)));
    let levels = stock.levels(&[sku("TEE-M"), sku("MUG")]).await.expect("levels");
    assert!(levels.iter().all(|level| level.held == 0 && level.version == 1), "{levels:?}");
    assert_eq!(orders.load(&id).await.expect("a load").expect("an order").records.len(), 1);

    // Enough: both move.
    two.stock = vec![hold("TEE-M", "sz-1", 2), hold("MUG", "sz-1", 1)];
    two.rows = vec![SideRow::OpenTask(task("t1", Some(&one), Role::Support, 1))];
    commit(&orders, &two, 2).await.expect("the second commit");
    let held: i64 =
        stock.levels(&[sku("TEE-M"), sku("MUG")]).await.expect("levels").iter().map(|level| level.held).sum();
    assert_eq!(held, 3);

    // The number is taken: no stock moves and no task opens.
    let mut again = next(&one, "again");
    again.stock = vec![hold("TEE-M", "sz-1", 1)];
    again.rows.push(SideRow::OpenTask(task("never", Some(&one), Role::Support, 1)));
    assert!(matches!(commit(&orders, &again, 3).await, Err(StoreError::VersionTaken)));
    assert_eq!(stock.levels(&[sku("TEE-M")]).await.expect("levels")[0].held, 2);
    let tasks = eventually("tasks", || orders.tasks(Role::Support, None, 10), |page| !page.items.is_empty()).await;
    assert_eq!(tasks.items.iter().map(|task| task.task_id.as_str()).collect::<Vec<_>>(), ["t1"]);
}

/// A decision from old state is told so, even if the stock is short as well.
pub async fn a_taken_number_outweighs_stock(orders: impl Orders, stock: impl Stock) {
    let id = order_id(11);
    stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 1, 0, None).await.expect("a count");
    let one = first(&id, 0);
    orders.commit(&one).await.expect("the first commit");
    let mut two = next(&one, "a");
    two.stock = vec![hold("TEE-M", "sz-1", 1)];
    commit(&orders, &two, 1).await.expect("the second commit");
    two.record.actor = oms_domain::event::Actor::named("b");
    assert!(matches!(commit(&orders, &two, 2).await, Err(StoreError::VersionTaken)));
}

/// Several words on one side row in one commit: the last one counts.
pub async fn the_last_word_on_a_row_counts(orders: impl Orders, _: impl Stock) {
    let id = order_id(12);
    let mut one = first(&id, 0);
    let open = SideRow::OpenTask(task("t1", Some(&one), Role::Finance, 1));
    let close = SideRow::CloseTask { task_id: "t1".into() };
    one.rows = vec![close.clone(), open.clone()];
    commit(&orders, &one, 1).await.expect("the first commit");
    let list = || orders.tasks(Role::Finance, None, 10);
    eventually("an open task", list, |page| page.items.len() == 1).await;
    let mut two = next(&one, "b");
    two.rows = vec![open, close];
    commit(&orders, &two, 2).await.expect("the second commit");
    eventually("no task", list, |page| page.items.is_empty()).await;
}

/// What DynamoDB can never take is refused for good, before anything is written.
pub async fn too_much_is_refused(orders: impl Orders, stock: impl Stock) {
    let id = order_id(13);
    let refused = |result| assert!(matches!(result, Err(StoreError::Malformed(_))), "{result:?}");
    stock.set_count(&location_id("sz-1"), &sku("TEE-M"), 5, 0, None).await.expect("a count");

    let mut twice = first(&id, 0);
    twice.stock = vec![hold("TEE-M", "sz-1", 1), hold("TEE-M", "sz-1", 1)];
    refused(orders.commit(&twice).await);

    let mut many = first(&id, 0);
    many.rows = (0..100).map(|i| SideRow::CloseTask { task_id: format!("t{i}") }).collect();
    refused(orders.commit(&many).await);

    let record = first(&id, 0).record;
    // Text that no packing helps.
    let noise = SeededIds::new(13).text(700 * 1024);
    let large = next_commit(&record, "large", at(0), vec![note(&noise)]);
    refused(orders.commit(&large).await);

    assert!(orders.load(&id).await.expect("a load").is_none());
    assert_eq!(stock.levels(&[sku("TEE-M")]).await.expect("levels")[0].held, 0);
    // A large one that fits is no trouble.
    let one = first(&id, 0);
    orders.commit(&one).await.expect("the first commit");
    let fits = next_commit(&one.record, "large", at(0), vec![note(&"x".repeat(250 * 1024))]);
    orders.commit(&fits).await.expect("a large commit");
    assert_eq!(orders.load(&id).await.expect("a load").expect("an order").records.len(), 2);
}

/// Acknowledged events without a meaning are kept, as often as they come.
pub async fn unknown_events_are_noted(orders: impl Orders, _: impl Stock) {
    let key = EventKey::parse("stripe:evt_9").expect("a key");
    for seconds in 0..2 {
        orders.note_unhandled("stripe", &key, "customer.created", at(seconds)).await.expect("a note");
    }
}

/// A provider's own id of a payment leads to the order whose commit made it known.
pub async fn a_payments_id_leads_to_its_order(orders: impl Orders, _: impl Stock) {
    let id = order_id(15);
    let mut one = first(&id, 0);
    one.payment = Some((Provider::Stripe, "pi_1".into()));
    orders.commit(&one).await.expect("the first commit");
    orders.commit(&next(&one, "system")).await.expect("the second commit");
    let find = || orders.order_of_payment(Provider::Stripe, "pi_1");
    assert_eq!(eventually("the order", find, Option::is_some).await, Some(id));
    assert_eq!(orders.order_of_payment(Provider::Stripe, "pi_10").await.expect("a look"), None);
    assert_eq!(orders.order_of_payment(Provider::Adyen, "pi_1").await.expect("a look"), None);
}
