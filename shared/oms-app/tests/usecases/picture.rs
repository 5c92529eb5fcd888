//! A shop as lines of text without times and versions: two runs that ended alike have the same picture.

use oms_app::ports::LoadedOrder;
use oms_domain::benefit::SpentKind;
use oms_domain::desk;
use oms_domain::event::OrderEvent;
use oms_domain::order::Order;
use oms_domain::wake;

use oms_testkit::shop::Shop;
use oms_testkit::shop::checks;
use oms_testkit::shop::work::Look;

/// Everything that a later act, a person or a report could tell apart.
pub async fn picture(shop: &Shop) -> Vec<String> {
    of(shop, &shop.look().await).await
}

/// The picture of a shop that was just looked at.
pub async fn of(shop: &Shop, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    for LoadedOrder { order, records, .. } in &look.orders {
        let id = &order.id;
        lines.extend(of_order(order).into_iter().map(|line| format!("{id} {line}")));
        if let Some((_, work)) = wake::next(order, &shop.policy) {
            lines.push(format!("{id} waits for {}", work.name()));
        }
        // The buyer hears of everything once.
        for event in records.iter().flat_map(|r| &r.events) {
            if let OrderEvent::CustomerNotified { template, .. } = event {
                lines.push(format!("{id} told {}", template.name()));
            }
        }
    }
    for level in shop.store.all_levels() {
        let (held, committed) = (level.held, level.committed);
        lines.push(format!("{} at {}: {} {held} {committed}", level.sku, level.location_id, level.on_hand));
    }
    for (id, refund) in shop.stripe.refunds() {
        lines.push(format!("stripe {id}: {} of {}", refund.amount, refund.provider_payment_id));
    }
    for (id, (payment, amount)) in shop.stripe.captures() {
        lines.push(format!("stripe {id}: {amount} taken of {payment}"));
    }
    for (order, back) in shop.benefits.returns() {
        lines.push(format!("benefits of {order}: {back} is back"));
    }
    for LoadedOrder { order, .. } in &look.orders {
        let held = shop.benefits.held(&order.id, SpentKind::GiftCard);
        lines.push(format!("benefits of {}: {:?}, {held} of cards", order.id, shop.benefits.of(&order.id)));
    }
    for payment in ["pi_1", "pi_2"] {
        lines.push(format!("stripe {payment}: {:?}", shop.stripe.payment(payment)));
    }
    for task in checks::loose_tasks(shop).await {
        lines.push(format!("task {task}"));
    }
    lines.extend(shop.store.all_parked().iter().map(|key| format!("parked {key}")));
    lines.sort();
    lines
}

fn of_order(order: &Order) -> Vec<String> {
    let mut lines = vec![
        format!("is {:?}, reserved {}", order.status, order.reserved),
        format!("captured {} refunded {}", order.captured().unwrap(), order.refunded().unwrap()),
    ];
    lines.extend(order.benefits.map(|benefits| format!("coupons and points are {benefits:?}")));
    lines.extend(order.points_returned.iter().map(|id| format!("{id} is done")));
    for p in &order.payments {
        lines.push(format!("{} {:?} {} {:?}", p.id, p.status, p.captured, p.provider_payment_id));
    }
    for c in &order.captures {
        lines.push(format!("{} {:?} {} of {}", c.id, c.status, c.amount, c.payment_id));
    }
    for p in order.payments.iter().filter(|p| p.started.is_some()) {
        // Not until when it may be paid: that depends on when it was asked.
        let begun = p.started.as_ref().map(|start| (start.client, &start.object));
        lines.push(format!("{} begun {begun:?}", p.id));
    }
    for r in &order.refunds {
        lines.push(format!("{} {:?} {} {:?} of {}", r.id, r.status, r.amount, r.cause, r.payment_id));
    }
    for h in &order.holds {
        lines.push(format!("{} {:?} {:?}", h.id, h.kind, h.status));
    }
    for s in &order.shipments {
        lines.push(format!(
            "{} {:?} at {} {:?} {}",
            s.id, s.status, s.location_id, s.tracking_number, s.out_for_delivery
        ));
    }
    for r in &order.reservations {
        let a = &r.allotment;
        lines.push(format!("{} × {} of line {} at {}: {:?}", a.quantity, a.sku, a.line_id, a.location_id, r.status));
    }
    for a in &order.anomalies {
        lines.push(format!("anomaly {} {}", a.id, a.what));
    }
    for t in desk::tasks(order) {
        lines.push(format!("task {} {:?}", t.task_id, t.kind));
    }
    lines.push(format!("{:?}", order.refund_keys));
    lines.push(format!("{:?}", order.rejections.iter().map(|r| &r.detail).collect::<Vec<_>>()));
    lines.push(format!("{:?}", order.plan_failure.is_some()));
    lines
}
