//! What units of lines are worth, over random orders.

use oms_domain::event::{OrderEvent, RefundCause, RefundLine};
use oms_domain::id::{LineId, RefundId};
use oms_domain::money::Money;
use oms_domain::refund_share::{of_lines, paid_for_lines};
use proptest::prelude::*;

use crate::bodies::body_plan;
use crate::lives::config;
use crate::world::World;

proptest! {
    #![proptest_config(config(120))]

    /// The shares of the lines are what was paid for goods; and any sequence of partial refunds by lines ends exactly
    /// there, with every prefix within a minor unit a piece.
    #[test]
    fn invariant_8_refunds_by_lines_end_at_what_was_paid(
        plan in body_plan(), picks in prop::collection::vec((any::<u8>(), 1_u32..3), 0..40)
    ) {
        let body = plan.body(0);
        let mut world = World::with(body);
        let order = &mut world.lives[0].order;
        let shares = paid_for_lines(order).unwrap();
        let zero = Money::zero(order.body.currency);
        let goods = order.body.total.sub(order.body.shipping.fee).unwrap();
        prop_assert_eq!(Money::sum(order.body.currency, shares.iter().map(|(_, m)| *m)).unwrap(), goods);
        prop_assert!(shares.iter().all(|(_, m)| !m.is_negative()));
        // Whoever collected it, the whole is there to be refunded.
        for payment in &mut order.payments {
            payment.captured = payment.amount;
        }
        let count = order.body.lines.len();
        let mut left: Vec<u32> = order.body.lines.iter().map(|l| l.quantity).collect();
        let rest: Vec<(usize, u32)> = left.iter().enumerate().map(|(i, q)| (i, *q)).collect();
        let picks = picks.into_iter().map(|(i, q)| (usize::from(i) % count, q)).chain(rest);
        let mut back = zero;
        for (i, quantity) in picks {
            let quantity = quantity.min(left[i]);
            if quantity == 0 {
                continue;
            }
            left[i] -= quantity;
            let part = RefundLine { line_id: LineId::number(i + 1), quantity };
            let order = &world.lives[0].order;
            let worth = of_lines(order, std::slice::from_ref(&part)).unwrap();
            back = back.add(worth).unwrap();
            let mut order = order.clone();
            let refund = OrderEvent::RefundApproved {
                refund_id: RefundId::of(&order.id, order.refunds.len() + 1),
                payment_id: order.payments[0].id.clone(),
                amount: worth,
                cause: RefundCause::Requested,
                reason: "test".into(),
                lines: vec![part],
                key: None,
            };
            order.apply(&refund, world.now);
            world.lives[0].order = order;
        }
        prop_assert!(left.iter().all(|q| *q == 0));
        prop_assert_eq!(back, goods);
    }
}
