//! Each route under requests that are right but for a place or two, by everybody: nothing panics, nothing is our fault, and what is
//! answered is what the document says.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use oms_lambda::openapi::routes::ROUTES;
use oms_lambda::openapi::{DOCUMENT, Route};
use oms_testkit::spoil;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::access::asks::{Ask, Whose, address, ask};
use crate::access::counter::{Answer, CALLERS, Counter, token};

/// How often each route is tried.
const CASES: u32 = 100;

/// A request that somebody spoilt.
#[derive(Debug, Clone)]
struct Spoilt {
    ask: Ask,
    caller: Option<usize>,
    key: String,
    tag: String,
    is_signed: bool,
}

fn texts(values: Vec<(&'static str, String)>) -> impl Strategy<Value = Vec<(&'static str, String)>> {
    values
        .into_iter()
        .map(|(name, right)| (Just(name), prop_oneof![3 => Just(right), 1 => spoil::text()]))
        .collect::<Vec<_>>()
}

fn spoilt(route: &'static Route) -> impl Strategy<Value = Spoilt> {
    let rights: Vec<Ask> = [Whose::Web, Whose::Tmall].map(|whose| ask(route, whose.subject(route))).to_vec();
    let key = prop_oneof![3 => Just("k-1".to_owned()), 1 => spoil::text()];
    let tag = prop_oneof![Just("\"1\"".to_owned()), Just("*".to_owned()), spoil::text()];
    let caller = prop::option::weighted(0.95, 0..CALLERS.len());
    (prop::sample::select(rights), caller, key, tag, prop::bool::weighted(0.9)).prop_flat_map(
        |(right, caller, key, tag, is_signed)| {
            let body = match right.body.clone() {
                Some(body) => spoil::spoiled(vec![body]).prop_map(Some).boxed(),
                None => Just(None).boxed(),
            };
            let more = prop::option::weighted(0.3, (prop::sample::select(PARAMETERS), spoil::text()));
            (texts(right.path), texts(right.query), more, body).prop_map(move |(path, mut query, more, body)| {
                query.extend(more);
                let (key, tag) = (key.clone(), tag.clone());
                Spoilt { ask: Ask { path, query, body }, caller, key, tag, is_signed }
            })
        },
    )
}

/// Every name of a query's parameter that some route knows, and one that none does.
const PARAMETERS: &[&str] = &[
    "customer_id",
    "placed_on",
    "channel",
    "status",
    "cursor",
    "limit",
    "role",
    "kind",
    "location_id",
    "date",
    "tz",
    "nonsense",
];

fn send(counter: &Counter, route: &Route, spoilt: &Spoilt) -> Option<Answer> {
    let body = spoilt.ask.body.as_ref().map(Value::to_string).unwrap_or_default();
    let caller = spoilt.caller.map(|index| format!("Bearer {}", token(CALLERS[index].0)));
    let mut headers =
        vec![("idempotency-key", spoilt.key.as_str()), ("if-match", &spoilt.tag), ("if-none-match", &spoilt.tag)];
    if let Some(caller) = &caller {
        headers.push(("authorization", caller));
    }
    let signed = if spoilt.is_signed { counter.signed(body.as_bytes()) } else { Vec::new() };
    headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
    counter.ask(route.method.name(), &address(route, &spoilt.ask), &headers, body.as_bytes())
}

/// The statuses of a route, each with its media types.
type Documented = BTreeMap<u16, BTreeSet<String>>;

/// What the document says of a route.
fn documented(route: &Route, document: &Value) -> Documented {
    let operation = &document["paths"][route.path][route.method.name().to_lowercase()];
    let responses = operation["responses"].as_object().unwrap_or_else(|| panic!("{route:?} is not in the document"));
    let types = |response: &Value| {
        response["content"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    responses.iter().map(|(status, response)| (status.parse().unwrap(), types(response))).collect()
}

/// The only 5xx that a request may cause: a callback that is genuine and not understood is to be sent again.
fn is_asked_for_again(route: &Route, answer: &Answer) -> bool {
    answer.status == 500 && route.name == "paymentCallback" && answer.content_type() == "application/json"
}

fn is_as_documented(route: &Route, known: &Documented, answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert!(
        answer.status < 500 || is_asked_for_again(route, answer),
        "{route:?}: {} {}",
        answer.status,
        answer.text
    );
    let Some(types) = known.get(&answer.status) else {
        return Err(TestCaseError::fail(format!("{route:?} does not say {}: {}", answer.status, answer.text)));
    };
    if types.is_empty() {
        prop_assert!(answer.text.is_empty(), "{route:?}: {} has a body: {}", answer.status, answer.text);
    } else {
        prop_assert!(
            types.contains(answer.content_type()),
            "{route:?}: {} as {}",
            answer.status,
            answer.content_type()
        );
    }
    prop_assert!(answer.headers.contains_key("x-request-id"), "{route:?}");
    Ok(())
}

#[test]
fn every_route_answers_spoilt_requests_as_documented() {
    let (open, document) = (Counter::open(), serde_json::from_str(DOCUMENT).unwrap());
    for route in ROUTES {
        let known = documented(route, &document);
        let statuses = RefCell::new(BTreeSet::new());
        let result = TestRunner::new(spoil::cases(CASES)).run(&spoilt(route), |spoilt| {
            let Some(answer) = send(&open.again(), route, &spoilt) else { return Ok(()) };
            statuses.borrow_mut().insert(answer.status);
            // An empty segment makes another path of it, which no route has.
            if answer.status == 404 && spoilt.ask.path.iter().any(|(_, value)| value.is_empty()) {
                return Ok(());
            }
            is_as_documented(route, &known, &answer)
        });
        result.unwrap_or_else(|error| panic!("{route:?}: {error}"));
        // Spoilt requests must not all end at the first door.
        let statuses = statuses.into_inner();
        let gets_through = statuses.iter().any(|status| *status < 300) || OUT_OF_STATE.contains(&route.name);
        assert!(gets_through, "{route:?} never succeeded: {statuses:?}");
    }
}

#[test]
fn the_right_requests_are_answered_as_documented() {
    let (open, document) = (Counter::open(), serde_json::from_str(DOCUMENT).unwrap());
    for route in ROUTES {
        let known = documented(route, &document);
        let right = Spoilt {
            ask: ask(route, Whose::Web.subject(route)),
            caller: None,
            key: "k-1".to_owned(),
            tag: "*".to_owned(),
            is_signed: true,
        };
        let mut granted = 0;
        for caller in (0..CALLERS.len()).map(Some).chain([None]) {
            let answer = send(&open.again(), route, &Spoilt { caller, ..right.clone() }).unwrap();
            is_as_documented(route, &known, &answer).unwrap();
            granted += usize::from(answer.status < 400);
        }
        assert!(granted > 0 || OUT_OF_STATE.contains(&route.name), "{route:?}: the right request is right for nobody");
    }
}

/// Routes whose right request meets an order that is not in the state for it.
const OUT_OF_STATE: &[&str] = &[
    "retryRefund",
    "settleRefund",
    "approveRefund",
    "declineRefund",
    "retryCapture",
    "withdrawCapture",
    "retryAllocation",
    "acknowledgeAnomaly",
    "closeTrouble",
    "dismissTask",
];
