//! What a sweep looks at, what it counts, and when it looks again.

use oms_app::ports::Clock;
use oms_app::sweep::Swept;
use oms_app::timers::{Timer, TimerStore, Watched, timer_for};
use oms_domain::wake::Work;
use oms_testkit::build::an_order;
use oms_testkit::faults::Fault;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::{captured, pending};
use oms_testkit::shop::work::Way;
use oms_testkit::shop::{LOOKOUT, Shop, order_id};

/// One run over all shards, each until so many seconds from now.
async fn swept_for(shop: &Shop, seconds: i64) -> Swept {
    let sweep = shop.sweep();
    let until = shop.clock.now() + jiff::SignedDuration::from_secs(seconds);
    let mut all = Swept::default();
    for shard in 0..sweep.shards() {
        all.add(sweep.shard(shard, until).await.unwrap());
    }
    all
}

async fn swept(shop: &Shop) -> Swept {
    swept_for(shop, 50).await
}

/// The times of all timers, in seconds from now.
fn ahead(shop: &Shop) -> Vec<i64> {
    let now = shop.clock.now();
    shop.store.all_timers().iter().map(|timer| timer.at.duration_since(now).as_secs()).collect()
}

#[test]
fn the_parts_of_a_sweep_add_up() {
    let of = |times: usize, oldest_seconds: i64| {
        let [published, stimulated, tasks, payments, failed] = [2, 3, 4, 5, 6].map(|part| part * times);
        Swept { timers: times, published, stimulated, tasks, payments, failed, oldest_seconds }
    };
    let mut all = of(1, 60);
    all.add(of(10, 6));
    let sum = of(11, 60);
    assert_eq!(all, sum);
}

#[tokio::test]
async fn an_overdue_order_is_sent_to_its_work_and_looked_at_again_less_and_less_often() {
    for (late, again) in [(LOOKOUT + 20, 80), (4_000, 900), (100_000, 900)] {
        let shop = Shop::new().await;
        shop.act(&Act::place(an_order())).await;
        drop(shop.queue.take());
        shop.clock.advance_seconds(late);
        let expected = Swept { timers: 1, stimulated: 1, oldest_seconds: late, ..Swept::default() };
        assert_eq!(swept(&shop).await, expected);
        let sent: Vec<_> = shop.queue.take().into_iter().map(|(s, delay)| (s.work, delay)).collect();
        assert_eq!((sent, ahead(&shop)), (vec![(Work::Placement, 0)], vec![again]));
    }
}

#[tokio::test]
async fn what_the_bus_does_not_take_is_counted_until_it_does() {
    let mut shop = Shop::new().await;
    shop.plan.fail_every("bus.put", Fault::Before);
    shop.act(&Act::place(an_order())).await;
    shop.stream().await;
    drop(shop.queue.take());
    shop.clock.advance_seconds(200);
    let swept_down = swept(&shop).await;
    assert_eq!(swept_down, Swept { timers: 1, failed: 1, ..Swept::default() });
    let shop = shop.fork(Way::Message);
    shop.clock.advance_seconds(90);
    assert_eq!(swept(&shop).await, Swept { timers: 1, published: 1, oldest_seconds: 290, ..Swept::default() });
    assert_eq!(shop.bus.names().len(), 1);
}

/// What nobody knows after a day is a matter for people, once.
#[tokio::test]
async fn what_stays_unknown_for_a_day_becomes_a_task() {
    let news = [
        Act::told(captured(&order_id("web", "W-1"), "evt_1", "pi_1", "186.00")),
        Act::Scan { number: "SF9", status: "delivered", event: "e-1" },
    ];
    for (act, (day, task)) in news.iter().flat_map(|act| [(act, (86_399, 0)), (act, (86_400, 1))]) {
        let payments = if matches!(act, Act::Scan { .. }) { 0 } else { task };
        let shop = Shop::new().await;
        shop.act(act).await;
        // A timer is looked at a moment after its time, so that a message that comes with it is faster.
        for seconds in [LOOKOUT + 20, day - 2 * (LOOKOUT + 20)] {
            shop.clock.advance_seconds(seconds);
            assert_eq!(swept(&shop).await, Swept { timers: 1, ..Swept::default() });
            assert_eq!(ahead(&shop), [LOOKOUT]);
        }
        shop.clock.advance_seconds(LOOKOUT + 20);
        assert_eq!(swept(&shop).await, Swept { timers: 1, tasks: task, payments, ..Swept::default() }, "after {day} s");
        assert_eq!(ahead(&shop).is_empty(), task == 1);
    }
}

#[tokio::test]
async fn a_look_that_fails_is_counted_and_comes_again() {
    let shop = Shop::new().await;
    shop.act(&Act::place(an_order())).await;
    shop.clock.advance_seconds(LOOKOUT + 20);
    shop.plan.fail_every("orders.load", Fault::Before);
    assert_eq!(swept(&shop).await, Swept { timers: 1, failed: 1, ..Swept::default() });
    assert_eq!(ahead(&shop), [-20], "it is the next sweep's");
}

/// More than one page of timers: a sweep takes them all while it has time, and one page of each shard when it has not.
#[tokio::test]
async fn a_sweep_takes_page_after_page_while_there_is_time() {
    let timers = 2_400;
    let with_timers = async || {
        let shop = Shop::empty();
        let at = shop.clock.now();
        for n in 0..timers {
            let of = Watched::Order { order_id: order_id("web", &format!("N-{n}")) };
            shop.store.set(&Timer { at, of }).await.unwrap();
        }
        shop.clock.advance_seconds(60);
        shop
    };
    let shop = with_timers().await;
    assert_eq!(swept_for(&shop, 50).await, Swept { timers, ..Swept::default() });
    assert_eq!(ahead(&shop).len(), 0);
    let shop = with_timers().await;
    let some = swept_for(&shop, 0).await.timers;
    assert!((8 * 150..=8 * 200).contains(&some), "one page of each shard: {some}");
    assert_eq!(ahead(&shop).len(), timers - some);
}

#[tokio::test]
async fn an_order_that_rests_is_looked_at_when_it_next_needs_work() {
    let mut shop = Shop::new().await;
    let id = order_id("web", "W-1");
    shop.live(&Act::place(an_order())).await;
    let called = Timer { at: shop.clock.now(), of: Watched::Order { order_id: id.clone() } };
    // Its own timer stands already: another is not set.
    shop.clock.advance_seconds(LOOKOUT + 60);
    shop.live(&Act::told(pending(&id, "evt_0", "pi_1"))).await;
    swept(&shop).await;
    shop.store.set(&called).await.unwrap();
    let before = shop.plan.trace().len();
    assert_eq!(swept(&shop).await, Swept { timers: 1, ..Swept::default() });
    assert!(!shop.plan.trace()[before..].contains(&"timers.set"), "{:?}", &shop.plan.trace()[before..]);
    // At the very second of its deadline it is due.
    let deadline = shop.order(&id).await.payment_deadline.unwrap();
    let mut paid = shop.fork(Way::Message);
    shop.clock.advance_seconds(deadline.duration_since(shop.clock.now()).as_secs());
    shop.store.set(&called).await.unwrap();
    assert_eq!(swept(&shop).await, Swept { timers: 1, stimulated: 1, ..Swept::default() });
    // Paid, it is watched for its location's answer. The timer of the deadline serves until then; at its second it is
    // spent, and whoever looks sets the next.
    paid.live(&Act::told(captured(&id, "evt_1", "pi_1", "186.00"))).await;
    let silent = paid.order(&id).await.shipments[0].moved_at + jiff::SignedDuration::from_secs(86_400);
    paid.clock.advance_seconds(deadline.duration_since(paid.clock.now()).as_secs());
    paid.store.set(&called).await.unwrap();
    swept(&paid).await;
    let wait = silent.duration_since(paid.clock.now()).as_secs();
    assert!(ahead(&paid).contains(&wait), "{:?} has no {wait}", ahead(&paid));
}

/// A timer counts from half of the lookout on: no function runs for that long.
#[test]
fn a_timer_that_is_near_is_not_relied_on() {
    let shop = Shop::empty();
    let now = shop.clock.now();
    let at = |seconds: i64| now + jiff::SignedDuration::from_secs(seconds);
    let half = LOOKOUT / 2;
    let needed = |set: i64, work: i64| timer_for(Some(at(work)), &[at(set)], now, &shop.policy);
    assert_eq!(needed(half - 1, 0), Some(at(LOOKOUT)));
    assert_eq!(needed(half, 0), None);
    assert_eq!(needed(LOOKOUT, 0), None);
    assert_eq!(needed(LOOKOUT + 1, 0), Some(at(LOOKOUT)));
    assert_eq!(needed(LOOKOUT + 1, LOOKOUT + 5), None);
    assert_eq!(timer_for(None, &[], now, &shop.policy), None);
}
