//! Routes × callers × whose order, against the handlers themselves. The table of routes says who may what; here it is seen that
//! each handler asks that table, for its own route, before it does anything.

use oms_lambda::auth::Role;
use oms_lambda::openapi::routes::ROUTES;
use oms_lambda::openapi::{Method, Route};
use serde_json::Value;

use super::asks::{Ask, Whose, address, ask};
use super::counter::{Answer, CALLERS, Counter, PARTNERS, Subject, token};

/// An order id that was never issued.
const NOBODYS: &str = "01JDZZZZZZZZZZZZZZZZZZZZZZ";

fn send(counter: &Counter, route: &Route, what: &Ask, caller: Option<&str>) -> Answer {
    let body = what.body.as_ref().map(Value::to_string).unwrap_or_default();
    let mut headers = vec![("content-type", "application/json"), ("idempotency-key", "k-matrix")];
    let credential = caller.map(|name| format!("Bearer {}", token(name)));
    if let Some(credential) = &credential {
        headers.push(("authorization", credential));
    }
    counter.ask(route.method.name(), &address(route, what), &headers, body.as_bytes()).unwrap()
}

/// By the table alone, written down here a second time on purpose: a manager may do whatever any of the staff may.
fn may(route: &Route, role: &str) -> bool {
    let names: Vec<&str> = route.roles.iter().map(|role| role.name()).collect();
    let staff_may = names.iter().any(|name| ["support", "finance", "warehouse", "manager"].contains(name));
    names.contains(&role) || (role == "manager" && staff_may)
}

/// What nobody may learn of an order that is not his to see.
fn says_something_of(subject: &Subject, text: &str) -> bool {
    ["王芳", "13800000000", "wang@example.com", "科技园路", "T恤", "198.00", subject.customer, subject.number]
        .iter()
        .any(|part| text.contains(part))
}

/// An answer without what differs from request to request.
fn bare(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    if let Some(members) = body.as_object_mut() {
        members.remove("instance");
    }
    (answer.status, body)
}

#[test]
fn the_shop_has_what_the_requests_are_about() {
    assert!(Counter::open().is_stocked());
}

#[test]
fn without_a_known_credential_nothing_is_answered() {
    let counter = Counter::open();
    for route in ROUTES.iter().filter(|route| !route.roles.is_empty()) {
        let what = ask(route, Whose::Web.subject(route));
        for caller in [None, Some("nobody")] {
            let answer = send(&counter.again(), route, &what, caller);
            assert_eq!(answer.status, 401, "{route:?} {caller:?}: {}", answer.text);
            assert!(answer.headers.contains_key("www-authenticate"), "{route:?}");
            assert!(!says_something_of(Whose::Web.subject(route), &answer.text), "{route:?}: {}", answer.text);
        }
    }
}

#[test]
fn every_route_is_closed_to_every_role_that_the_table_does_not_name() {
    let counter = Counter::open();
    let mut open = 0;
    for route in ROUTES.iter().filter(|route| !route.roles.is_empty()) {
        for (caller, role, channels) in CALLERS {
            let whose = if channels.contains(&"tmall") { Whose::Tmall } else { Whose::Web };
            let subject = whose.subject(route);
            let answer = send(&counter.again(), route, &ask(route, subject), Some(caller));
            if may(route, role) {
                // Which of the own desks may close a task depends on the task, and other shops' orders do not exist.
                let is_closed = answer.status == 403 && route.name != "dismissTask" && *caller != "storefront_mini";
                assert!(answer.status != 401 && !is_closed, "{route:?} {caller}: {} {}", answer.status, answer.text);
                assert!(answer.status < 500, "{route:?} {caller}: {}", answer.text);
                open += usize::from(answer.status < 300);
            } else {
                assert_eq!(answer.status, 403, "{route:?} {caller}: {}", answer.text);
                assert!(!says_something_of(subject, &answer.text), "{route:?} {caller}: {}", answer.text);
            }
        }
    }
    // That the closed ones are closed means something only where the same request opens the door for others.
    assert!(open >= 30, "only {open} requests were granted");
}

#[test]
fn what_is_not_allowed_leaves_no_trace() {
    let counter = Counter::open();
    let look = |counter: &Counter, subject: &Subject| {
        let uri = format!("/v1/orders/{}", subject.id());
        let credential = format!("Bearer {}", token("support"));
        counter.ask("GET", &uri, &[("authorization", &credential)], b"").unwrap().text
    };
    for route in ROUTES.iter().filter(|route| !route.roles.is_empty() && route.method != Method::Get) {
        let subject = Whose::Web.subject(route);
        let before = look(&counter, subject);
        for (caller, role, _) in
            CALLERS.iter().filter(|(caller, role, _)| !may(route, role) || *caller == "channel_tmall")
        {
            let same = counter.again();
            send(&same, route, &ask(route, subject), Some(caller));
            assert_eq!(look(&same, subject), before, "{route:?} {caller} ({role})");
        }
    }
}

#[test]
fn another_channels_order_is_an_order_that_does_not_exist() {
    let counter = Counter::open();
    let bound: Vec<&str> =
        CALLERS.iter().filter(|(_, _, channels)| !channels.is_empty()).map(|(name, ..)| *name).collect();
    let mut tried = 0;
    for route in ROUTES.iter().filter(|route| route.path.contains("{order_id}")) {
        let is_for_bound = route.roles.iter().any(|role| role.is_bound());
        for (caller, whose) in bound.iter().flat_map(|name| [(*name, Whose::Web), (*name, Whose::Tmall)]) {
            let (subject, own) = (whose.subject(route), owns(caller, whose));
            if own || !is_for_bound {
                continue;
            }
            let what = ask(route, subject);
            let mut nobodys = what.clone();
            for (name, value) in &mut nobodys.path {
                if *name == "order_id" {
                    NOBODYS.clone_into(value);
                }
            }
            let answer = send(&counter.again(), route, &what, Some(caller));
            let unknown = send(&counter.again(), route, &nobodys, Some(caller));
            if route.roles.iter().any(|role| role.name() == role_of(caller)) {
                assert_eq!(answer.status, 404, "{route:?} {caller}: {}", answer.text);
                assert_eq!(bare(&answer), bare(&unknown), "{route:?} {caller}");
                tried += 1;
            }
            assert!(!says_something_of(subject, &answer.text), "{route:?} {caller}: {}", answer.text);
        }
    }
    assert!(tried >= 12, "only {tried} requests were tried");
}

fn role_of(caller: &str) -> &'static str {
    CALLERS.iter().find(|(name, ..)| *name == caller).map(|(_, role, _)| *role).unwrap()
}

fn owns(caller: &str, whose: Whose) -> bool {
    matches!((caller, whose), ("storefront", Whose::Web) | ("channel_tmall", Whose::Tmall))
}

#[test]
fn lists_show_a_bound_caller_its_own_orders_only() {
    let counter = Counter::open();
    let list = |caller: &str, query: &str| {
        let credential = format!("Bearer {}", token(caller));
        counter.ask("GET", &format!("/v1/orders?{query}"), &[("authorization", &credential)], b"").unwrap()
    };
    let (web, tmall) = (Whose::Web.subject(&oms_lambda::openapi::routes::GET_ORDER), Whose::Tmall);
    let tmall = tmall.subject(&oms_lambda::openapi::routes::GET_ORDER);
    for (caller, subject, shown) in [
        ("storefront", web, 1),
        ("storefront", tmall, 0),
        ("channel_tmall", tmall, 1),
        ("channel_tmall", web, 0),
        ("storefront_mini", web, 0),
        ("support", tmall, 1),
    ] {
        let answer = list(caller, &format!("customer_id={}", subject.customer));
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["items"].as_array().unwrap().len(), shown, "{caller} {}", subject.channel);
        let by_day = list(caller, &format!("placed_on=2026-11-11&channel={}", subject.channel));
        assert_eq!(by_day.status, if shown == 1 { 200 } else { 403 }, "{caller}: {}", by_day.text);
        let filtered = list(caller, &format!("customer_id={}&channel={}", subject.customer, subject.channel));
        assert_eq!(filtered.status, if shown == 1 { 200 } else { 403 }, "{caller}: {}", filtered.text);
    }
}

/// A warehouse of somebody else's works at its own location. What lies elsewhere is refused where the caller has named the
/// place itself, and does not exist where the answer would tell the place.
#[test]
fn a_warehouse_that_is_bound_to_a_location_sees_no_other() {
    let counter = Counter::open();
    let [(here, _), (elsewhere, _)] = PARTNERS;
    for route in ROUTES.iter().filter(|route| route.roles.iter().any(|role| role.name() == "warehouse")) {
        let subject = Whose::Web.subject(route);
        let what = ask(route, subject);
        let by = |caller: &str, what: &Ask| send(&counter.again(), route, what, Some(caller));
        let (at_home, away) = (by(here, &what), by(elsewhere, &what));
        assert!(!says_something_of(subject, &away.text), "{route:?}: {}", away.text);
        match route.name {
            "reportShipment" => {
                assert_eq!(at_home.status, 202, "{}", at_home.text);
                let mut nobodys = what.clone();
                nobodys.path = vec![("shipment_id", format!("{NOBODYS}-1"))];
                assert_eq!(away.status, 404, "{}", away.text);
                assert_eq!(bare(&away), bare(&by(elsewhere, &nobodys)), "{}", away.text);
            }
            "listShipments" | "putStock" => {
                assert!(at_home.status < 300, "{route:?}: {}", at_home.text);
                assert_eq!((away.status, &away.json()["field"]), (403, &"location_id".into()), "{route:?}");
            }
            "getStock" => {
                let places = |answer: &Answer| answer.json()["locations"].as_array().map(Vec::len);
                assert_eq!((places(&at_home), places(&away)), (Some(1), Some(0)), "{} {}", at_home.text, away.text);
            }
            _ => assert_eq!((at_home.status, away.status), (403, 403), "{route:?}: {}", at_home.text),
        }
    }
}

#[test]
fn nobody_places_an_order_in_another_channels_name() {
    let counter = Counter::open();
    let route = &oms_lambda::openapi::routes::CREATE_ORDER;
    for (caller, whose) in
        [("storefront", Whose::Tmall), ("channel_tmall", Whose::Web), ("storefront_mini", Whose::Web)]
    {
        let answer = send(&counter.again(), route, &ask(route, whose.subject(route)), Some(caller));
        assert_eq!((answer.status, &answer.json()["field"]), (403, &"channel".into()), "{caller}: {}", answer.text);
    }
    let taken = send(&counter, route, &ask(route, Whose::Web.subject(route)), Some("storefront"));
    assert_eq!(taken.status, 202, "{}", taken.text);
}

#[test]
fn every_role_of_the_table_is_among_the_callers() {
    for role in ROUTES.iter().flat_map(|route| route.roles).map(|role: &Role| role.name()) {
        assert!(CALLERS.iter().any(|(_, known, _)| *known == role), "nobody calls as {role}");
    }
}
