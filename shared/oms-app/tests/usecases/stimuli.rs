//! Which messages lead an order on, and how long each waits: one for each thing to do, and none for what no message can
//! wait for, which the sweep finds.

use oms_app::placement;
use oms_domain::wake::Work;
use oms_testkit::build::an_order;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::{failed, pending};
use oms_testkit::shop::{Shop, order_id};

fn sent(shop: &Shop) -> Vec<(Work, u32)> {
    shop.queue.take().into_iter().map(|(stimulus, delay)| (stimulus.work, delay)).collect()
}

/// A queue keeps a message for a quarter of an hour at the most.
#[tokio::test]
async fn what_is_due_soon_is_sent_once_with_its_wait() {
    for (window, wait) in [(1, Some(2)), (600, Some(601)), (899, Some(900)), (900, Some(900)), (901, None)] {
        let mut shop = Shop::new().await;
        shop.policy.payment_window_seconds = window;
        shop.act(&Act::place(an_order())).await;
        assert_eq!(sent(&shop), [(Work::Placement, 0)]);
        placement::validate(&shop.engine(), None, &shop.id()).await.unwrap();
        assert_eq!(sent(&shop), wait.map(|wait| (Work::Reversal, wait)).into_iter().collect::<Vec<_>>(), "{window}");
        // Something happens that moves no deadline: the message is under way already.
        shop.act(&Act::told(pending(&order_id("web", "W-1"), "evt_1", "pi_1"))).await;
        assert_eq!(sent(&shop), [], "{window}");
        // At the deadline itself there is nothing to wait for.
        shop.clock.advance_seconds(window);
        shop.act(&Act::told(failed(&order_id("web", "W-1"), "evt_2", "pi_1"))).await;
        assert_eq!(sent(&shop), [(Work::Reversal, 0)], "{window}");
    }
}

/// A message that comes twice costs a look at the order, and not at the whole catalogue.
#[tokio::test]
async fn an_order_that_is_placed_is_not_held_against_the_shelves_again() {
    // The second is held, so it stays in the state in which it is checked and set aside.
    for order in [an_order(), an_order().empty().line("TEE-M", 6, "99.00")] {
        let shop = Shop::new().await;
        shop.act(&Act::place(order)).await;
        placement::validate(&shop.engine(), None, &shop.id()).await.unwrap();
        let before = shop.plan.trace().len();
        placement::validate(&shop.engine(), None, &shop.id()).await.unwrap();
        let calls = shop.plan.trace()[before..].to_vec();
        assert!(calls.iter().all(|call| *call == "orders.load"), "{calls:?}");
    }
}
