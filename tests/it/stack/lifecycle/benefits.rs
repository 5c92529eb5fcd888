//! Coupons and points at the service that keeps count of them: spent with the order, back with it or with a part of it.

use local_stack::benefits::{BenefitsService, Standing};
use local_stack::http;
use serde_json::{Value, json};

use crate::stack::shared::{Local, alone, beside_others, restoring};
use crate::world::{Answer, Basket, Order};

/// What a buyer of this test's own can spend.
struct Purse {
    coupon: String,
    account: String,
}

impl Purse {
    /// One use of a coupon, and points worth 50.00.
    fn filled(w: &Local, service: &BenefitsService) -> Self {
        let purse = Self { coupon: w.number("C"), account: w.number("P") };
        service.with(|books| {
            let stock = books.stock_mut();
            stock.coupons.insert(purse.coupon.clone(), 1);
            stock.points.insert(purse.account.clone(), "50.00".parse().unwrap());
        });
        purse
    }

    /// The goods less 20.00 by the coupon, 10.00 of them paid with points.
    fn spent_on(&self, basket: Basket) -> Basket {
        basket.coupon(&self.coupon, 2000).points(&self.account, 1000)
    }

    /// Uses of the coupon and worth of the points that are left.
    fn left(&self, service: &BenefitsService) -> (u32, String) {
        service.with(|books| (books.stock().coupons[&self.coupon], books.stock().points[&self.account].to_string()))
    }
}

fn standing(service: &BenefitsService, order_id: &str) -> Option<Standing> {
    service.with(|books| books.standing(order_id))
}

fn has(event: &'static str) -> impl Fn(&Order) -> bool {
    move |order| order.times(event) > 0
}

#[test]
fn they_are_spent_with_the_order_and_come_back_with_it() {
    beside_others(async |w| {
        let Some(service) = w.benefits() else { return };
        let purse = Purse::filled(w, service);
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = purse.spent_on(Basket::of(&[(&tee, 2)]));
        let placed = w.payable(&basket).await;
        let id = placed.order_id.as_str();
        assert_eq!((standing(service, id), purse.left(service)), (Some(Standing::Reserved), (0, "40.00".to_owned())));

        let intent = w.pay(&placed, basket.total()).await;
        w.released(id, 1).await;
        let order = w.until(id, "should have spent them", has("benefits_committed")).await;
        assert_eq!(order.text("/totals/captured/amount"), "176.00", "{}", order.story());
        assert_eq!(standing(service, id), Some(Standing::Committed), "{}", order.story());

        // What was used once is refused, and says why.
        let second = w.place(&Basket::of(&[(&tee, 1)]).coupon(&purse.coupon, 2000)).await;
        let order = w.until_status(&second.order_id, "rejected").await;
        assert_eq!(order.rejections(), [("", "benefit_refused")], "{}", order.story());
        assert!(order.text("/rejections/0/detail").contains("used before"), "{}", order.story());

        let path = format!("/v1/orders/{id}/cancellation");
        w.post("support", &path, &json!({ "reason": "test" })).await.expect(202);
        let order = w.until_status(id, "cancelled").await;
        assert_eq!((standing(service, id), purse.left(service)), (Some(Standing::Released), (1, "50.00".to_owned())));
        let said = ["benefits_reserved", "benefits_committed", "benefits_released"].map(|event| order.times(event));
        assert_eq!(said, [1, 1, 1], "{}", order.story());
        w.refunded_once(&order, &intent);
    });
}

#[test]
fn points_of_a_part_come_back_with_it() {
    beside_others(async |w| {
        let Some(service) = w.benefits() else { return };
        let purse = Purse::filled(w, service);
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, _) = w.released_order(&purse.spent_on(Basket::of(&[(&tee, 2)])), 1).await;
        let one = json!({ "reason": "one is enough", "lines": [{ "line_id": "1", "quantity": 1 }] });
        w.post("support", &format!("/v1/orders/{}/cancellation", order.id()), &one).await.expect(202);
        let order = w.until(order.id(), "should give points back", has("benefits_returned")).await;
        assert_eq!(purse.left(service), (0, "45.00".to_owned()), "{}", order.story());

        // The other is paid back: 176.00 less what the first was worth.
        w.post("finance", &format!("/v1/orders/{}/refunds", order.id()), &one).await.expect(202);
        let all = |o: &Order| o.times("benefits_returned") == 2;
        let order = w.until(order.id(), "should give the other points back", all).await;
        assert_eq!(order.text("/totals/refunded/amount"), "176.00", "{}", order.story());
        assert_eq!(purse.left(service), (0, "50.00".to_owned()), "the coupon stays spent: {}", order.story());
        assert_eq!(standing(service, order.id()), Some(Standing::Committed));
    });
}

#[test]
fn the_service_heeds_nobody_but_the_stack() {
    beside_others(async |w| {
        let Some(service) = w.benefits() else { return };
        let purse = Purse::filled(w, service);
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        // That it is reserved shows that the stack's signature was taken.
        let placed = w.payable(&purse.spent_on(Basket::of(&[(&tee, 1)]))).await;
        let release = format!("{}/reservations/{}/release", service.url(), placed.order_id);
        let request = http::client().unwrap().post(release).json(&json!({ "order_id": placed.order_id }));
        let answer: Value = Answer::to(request).await.expect(401);
        assert_eq!(answer["reason"], "the signature is not valid");
        assert_eq!(standing(service, &placed.order_id), Some(Standing::Reserved));
    });
}

/// Orders with coupons wait for the service, and no others do.
#[test]
fn it_is_down_when_an_order_comes() {
    alone(async |w| {
        let Some(service) = w.benefits() else { return };
        let purse = Purse::filled(w, service);
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = purse.spent_on(Basket::of(&[(&tee, 1)]));
        let without = async {
            service.stop_listening().await;
            let placed = w.place(&basket).await;
            w.payable(&Basket::of(&[(&tee, 1)])).await;
            let order = w.order(&placed.order_id).await;
            assert_eq!((order.status(), order.version()), ("received", 1), "{}", order.story());
            placed
        };
        let placed = restoring(without, async { service.listen_again().await.unwrap() }).await;
        let reserved = |o: &Order| o.status() == "awaiting_payment";
        w.swept_until(&placed.order_id, "reserved when the service is back", reserved).await;
        assert_eq!(purse.left(service), (0, "40.00".to_owned()));

        // It may be down again when the order is confirmed: the goods go their way.
        let confirmed = async {
            service.stop_listening().await;
            w.pay(&placed, basket.total()).await;
            w.released(&placed.order_id, 1).await
        };
        let order = restoring(confirmed, async { service.listen_again().await.unwrap() }).await;
        assert_eq!((order.times("benefits_committed"), order.payment_status()), (0, "paid"), "{}", order.story());
        w.swept_until(&placed.order_id, "spent when the service is back", has("benefits_committed")).await;
        assert_eq!(standing(service, &placed.order_id), Some(Standing::Committed));
    });
}
