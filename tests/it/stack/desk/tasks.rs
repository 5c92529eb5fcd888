//! Whatever waits for a person is listed, with answers, at the right desk, and the answers work.

use oms_lambda::openapi::routes::ROUTES;
use serde_json::{Value, json};

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Order, Product, shipped};

/// What every task must say.
fn well_formed(task: &Value, role: &str, order: Option<&str>) {
    assert_eq!(task["role"], role, "{task}");
    assert_eq!(task["order_id"].as_str(), order, "{task}");
    for language in ["en", "zh-CN"] {
        assert!(!task["title"][language].as_str().unwrap().is_empty(), "{task}");
    }
    assert!(!task["reason"].as_str().unwrap().is_empty() && task["since"].is_string(), "{task}");
    let answers = task["answers"].as_array().unwrap();
    assert!(!answers.is_empty(), "a state that waits without a way out: {task}");
    for answer in answers {
        for language in ["en", "zh-CN"] {
            assert!(!answer["label"][language].as_str().unwrap().is_empty(), "{task}");
        }
    }
    let personal = ["王芳", "wang@example.com", "13800000000"];
    assert!(personal.iter().all(|text| !task.to_string().contains(text)), "{task}");
}

/// Whether a person of this role may follow an answer.
fn is_open_to(role: &str, answer: &Value) -> bool {
    let path = answer["path"].as_str().unwrap();
    let same = |pattern: &str| {
        let mut parts = pattern.split('/').zip(path.split('/'));
        pattern.split('/').count() == path.split('/').count()
            && parts.all(|(wanted, part)| wanted == part || wanted.starts_with('{'))
    };
    let route = ROUTES.iter().find(|route| answer["method"] == route.method.name() && same(route.path));
    let route = route.unwrap_or_else(|| panic!("{answer} leads nowhere"));
    route.roles.iter().any(|known| known.name() == role)
}

async fn small_order(w: &Local) -> (Product, Order) {
    let tee = w.product(9900, &[("sz-1", 5)]).await;
    let placed = w.place(&Basket::of(&[(&tee, 1)]).cod()).await;
    (tee, w.released(&placed.order_id, 1).await)
}

#[test]
fn a_hold_can_be_released_or_rejected_from_the_list() {
    beside_others(async |w| {
        for (answer, status) in [("release", "awaiting_payment"), ("reject", "rejected")] {
            let chair = w.product(600_000, &[("sz-1", 5)]).await;
            let placed = w.place(&Basket::of(&[(&chair, 1)])).await;
            let task = w.task("support", "hold", &placed.order_id).await;
            well_formed(&task, "support", Some(&placed.order_id));
            assert!(task["reason"].as_str().unwrap().contains("5000.00"), "{task}");
            w.until(&placed.order_id, "should be reserved", |o| o.times("stock_reserved") == 1).await;
            w.follow("support", &task, answer, &json!({ "reason": "电话确认" })).await.expect(200);
            w.until_status(&placed.order_id, status).await;
            w.no_task("support", "hold", &placed.order_id).await;
        }
    });
}

#[test]
fn a_request_to_stop_can_be_answered_from_the_list() {
    beside_others(async |w| {
        for (answer, status) in [("cancelled", "cancelled"), ("cancel_refused", "in_fulfilment")] {
            let (_, order) = small_order(w).await;
            w.report(&order.shipments()[0], &json!({ "event": "accepted" })).await;
            let path = format!("/v1/orders/{}/cancellation", order.id());
            w.post("support", &path, &json!({ "reason": "x" })).await.expect(202);
            let task = w.task("warehouse", "cancel_request", order.id()).await;
            well_formed(&task, "warehouse", Some(order.id()));
            w.follow("warehouse", &task, answer, &json!({})).await.expect(202);
            w.until_status(order.id(), status).await;
            w.no_task("warehouse", "cancel_request", order.id()).await;
        }
    });
}

#[test]
fn a_silent_warehouse_is_asked_about() {
    beside_others(async |w| {
        let (tee, order) = small_order(w).await;
        w.count(&tee, "sh-1", 5).await;
        let task = w.task("warehouse", "shipment_overdue", order.id()).await;
        well_formed(&task, "warehouse", Some(order.id()));
        w.follow("warehouse", &task, "rejected", &json!({})).await.expect(202);
        let again = |o: &Order| o.shipped_as() == ["rejected", "released"];
        w.until(order.id(), "should be planned again", again).await;
        w.no_task("warehouse", "shipment_overdue", order.id()).await;
    });
}

#[test]
fn an_event_that_no_table_knows_is_raised_and_acknowledged() {
    beside_others(async |w| {
        let (_, order) = small_order(w).await;
        let shipment = &order.shipments()[0];
        w.deliver(shipment).await;
        w.until_status(order.id(), "completed").await;
        w.report(shipment, &json!({ "event": "rejected", "reason": "?" })).await;
        let order = w.order(order.id()).await;
        assert_eq!((order.status(), order.shipped_as()), ("completed", vec!["delivered".to_owned()]));
        let task = w.task("support", "anomaly", order.id()).await;
        well_formed(&task, "support", Some(order.id()));
        w.follow("support", &task, "acknowledge", &json!({ "reason": "误报" })).await.expect(200);
        w.no_task("support", "anomaly", order.id()).await;
    });
}

#[test]
fn a_parcel_in_trouble_can_be_answered_from_the_list() {
    beside_others(async |w| {
        let (_, order) = small_order(w).await;
        let tracking = w.tracking_number();
        w.report(&order.shipments()[0], &shipped(&tracking)).await;
        w.scan(&tracking, "exception").await;
        let task = w.task("support", "shipment_trouble", order.id()).await;
        well_formed(&task, "support", Some(order.id()));
        w.follow("support", &task, "close", &json!({ "reason": "已联系快递" })).await.expect(200);
        w.no_task("support", "shipment_trouble", order.id()).await;
    });
}

#[test]
fn everybody_sees_their_own_desk_and_the_manager_all() {
    beside_others(async |w| {
        let chair = w.product(600_000, &[("sz-1", 5)]).await;
        let held = w.place(&Basket::of(&[(&chair, 1)])).await.order_id;
        let task = w.task("support", "hold", &held).await;
        let id = task["task_id"].as_str().unwrap();
        let sees = async |who: &str, query: &str| w.tasks(who, query).await.iter().any(|task| task["task_id"] == id);
        for who in ["finance", "warehouse"] {
            assert!(!sees(who, "").await, "{who} sees a hold");
            let other = w.get(who, "/v1/tasks?role=support").await;
            other.expect_problem(403, "forbidden");
        }
        assert!(sees("manager", "").await && sees("manager", "&role=support").await);
        assert!(!sees("manager", "&role=finance").await);
        assert!(sees("support", "&role=support").await);
        assert!(!sees("support", "&kind=refund").await);
        w.get("support", "/v1/tasks?kind=unheard_of").await.expect_problem(400, "invalid-field");
        for role in ["support", "finance", "warehouse"] {
            assert!(w.tasks(role, "").await.iter().all(|task| task["role"] == role));
        }
        // Pages of one give the same list.
        let mut seen = 0;
        let mut path = "/v1/tasks?limit=1&role=support".to_owned();
        while seen < 3 {
            let page = w.get("manager", &path).await.expect(200);
            assert!(page["items"].as_array().unwrap().len() <= 1);
            seen += 1;
            let Some(next) = page["next_cursor"].as_str() else { break };
            path = format!("/v1/tasks?limit=1&role=support&cursor={next}");
        }
    });
}

#[test]
fn every_answer_that_is_offered_may_be_given_by_whom_it_is_offered_to() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        let tracking = w.ship(&order.shipments()[0]).await;
        w.scan(&tracking, "lost").await;
        w.task("support", "shipment_trouble", order.id()).await;
        for task in w.tasks("manager", "").await {
            let role = task["role"].as_str().unwrap();
            well_formed(&task, role, task["order_id"].as_str());
            let answers = task["answers"].as_array().unwrap();
            let closed: Vec<&Value> = answers.iter().filter(|answer| !is_open_to(role, answer)).collect();
            assert!(closed.is_empty(), "{role} is offered what {role} may not do: {closed:?}");
        }
    });
}
