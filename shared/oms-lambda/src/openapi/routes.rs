//! The table of routes: the document is made from it, routers take their paths from it, and guards their roles.

use axum::http::StatusCode;

use super::params;
use super::route::{JSON, JSON_OR_CSV, Method, Route, SchemaOf, Success, of};
use crate::api::answers::{
    AcceptedOrder, LedgerPage, OrderAnswer, OrderPage, PaymentAnswer, RefundAnswer, ShipmentPage, TaskPage,
};
use crate::api::callbacks::{
    CallbackAnswer, CallbackRefusal, CarrierCallback, OpenApiDocument, ProviderAnswer, ProviderCallback,
};
use crate::api::ledger::OrderLedgerView;
use crate::api::order_request::OrderRequest;
use crate::api::order_view::OrderView;
use crate::api::payment_start::{StartPaymentRequest, StartedPayment};
use crate::api::requests::{
    CancellationRequest, PaymentAttemptRequest, ReasonRequest, RefundRequest, ShipmentEventRequest,
};
use crate::api::stock::{
    LocationRequest, LocationView, ProductRequest, ProductView, StockLevelView, StockRequest, StockView,
};
use crate::auth::Role;
use crate::problem::ProblemKind as P;

/// What a caller with a protocol of its own is told.
const OWN_REFUSALS: &[(StatusCode, &str)] = &[
    (StatusCode::BAD_REQUEST, "Signed, and no event."),
    (StatusCode::UNAUTHORIZED, "The signature is not valid; nothing was changed."),
    (StatusCode::INTERNAL_SERVER_ERROR, "Genuine, and not understood: send it again later."),
    (StatusCode::SERVICE_UNAVAILABLE, "Not stored: send it again."),
];

const ETAG: &[(&str, &str)] = &[("ETag", "The version, in quotes.")];

const fn route(function: &'static str, method: Method, path: &'static str, name: &'static str) -> Route {
    let success = Success { status: StatusCode::OK, description: "Done.", body: None, headers: &[] };
    Route {
        function,
        method,
        path,
        name,
        roles: &[],
        problems: &[],
        keyed: false,
        summary: "",
        params: &[],
        body: None,
        success,
        bare: &[],
        own_refusals: &[],
        own_refusal: of::<CallbackRefusal>,
        takes: JSON,
        says: JSON,
    }
}

const fn ok(body: SchemaOf, description: &'static str) -> Success {
    Success { status: StatusCode::OK, description, body: Some(body), headers: &[] }
}

const fn taken(body: SchemaOf, description: &'static str) -> Success {
    Success { status: StatusCode::ACCEPTED, description, body: Some(body), headers: &[] }
}

/// Takes an order.
pub const CREATE_ORDER: Route = Route {
    roles: &[Role::Storefront, Role::Channel],
    problems: &[P::DuplicateOrder, P::RequestInFlight, P::KeyReused],
    keyed: true,
    summary: "Take an order. After the 202 it is durable, whatever crashes; the same key and body again give the same answer.",
    body: Some(of::<OrderRequest>),
    success: Success {
        headers: &[("Location", "The order's path.")],
        ..taken(of::<AcceptedOrder>, "The order is taken.")
    },
    ..route("intake", Method::Post, "/v1/orders", "createOrder")
};

/// Lists orders.
pub const LIST_ORDERS: Route = Route {
    roles: &[Role::Storefront, Role::Channel, Role::Support, Role::Finance],
    summary: "List orders of a customer, or of a channel and day, newest first. A storefront sees its own channels' orders.",
    params: params::LIST_ORDERS,
    success: ok(of::<OrderPage>, "A page of orders, without their timelines."),
    ..route("orders", Method::Get, "/v1/orders", "listOrders")
};

/// Shows an order.
pub const GET_ORDER: Route = Route {
    roles: &[Role::Storefront, Role::Channel, Role::Support, Role::Finance],
    problems: &[P::NotFound],
    summary: "Show an order, also right after it was taken.",
    params: params::IF_NONE_MATCH,
    bare: &[(StatusCode::NOT_MODIFIED, "It is still the version of `If-None-Match`.")],
    success: Success { headers: ETAG, ..ok(of::<OrderView>, "The order.") },
    ..route("orders", Method::Get, "/v1/orders/{order_id}", "getOrder")
};

/// Cancels an order.
pub const CANCEL_ORDER: Route = Route {
    roles: &[Role::Storefront, Role::Channel, Role::Support],
    problems: &[P::NotFound, P::AlreadyShipped, P::WrongState, P::ExceedsRemaining, P::KeyRequired, P::KeyReused],
    summary: "Cancel an order of which nothing has shipped, or units that no location has accepted. What was paid for them \
              goes back; goods return to stock.",
    params: params::OPTIONAL_KEY,
    body: Some(of::<CancellationRequest>),
    success: taken(of::<OrderAnswer>, "The cancellation is under way, or was before."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/cancellation", "cancelOrder")
};

/// Sends money back.
pub const REQUEST_REFUND: Route = Route {
    roles: &[Role::Finance],
    problems: &[P::NotFound, P::WrongState, P::KeyReused, P::ExceedsRemaining],
    keyed: true,
    summary: "Send money back, by amount or by lines, never more than what remains.",
    body: Some(of::<RefundRequest>),
    success: taken(of::<RefundAnswer>, "The refund is under way, or waits for a second person."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/refunds", "requestRefund")
};

/// Sends a capture again.
pub const RETRY_CAPTURE: Route = Route {
    roles: &[Role::Finance],
    problems: &[P::NotFound, P::WrongState, P::NotOffered],
    summary: "Send a capture again that the provider refused, under the same key.",
    success: taken(of::<OrderAnswer>, "The capture is sent again."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/captures/{capture_id}/retry", "retryCapture")
};

/// Gives a capture up.
pub const WITHDRAW_CAPTURE: Route = Route {
    roles: &[Role::Finance],
    problems: &[P::NotFound, P::WrongState],
    summary: "Give up a capture that failed: the shop does without this money, or has it by another way.",
    body: Some(of::<ReasonRequest>),
    success: ok(of::<OrderAnswer>, "The capture is withdrawn."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/captures/{capture_id}/withdraw", "withdrawCapture")
};

/// Sends a refund again.
pub const RETRY_REFUND: Route = Route {
    roles: &[Role::Finance],
    problems: &[P::NotFound, P::WrongState, P::NotOffered],
    summary: "Send a refund again that the provider refused, under the same key.",
    success: taken(of::<OrderAnswer>, "The refund is sent again."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/refunds/{refund_id}/retry", "retryRefund")
};

/// Says that a refund was paid by another way.
pub const SETTLE_REFUND: Route = Route {
    roles: &[Role::Finance],
    problems: &[P::NotFound, P::WrongState],
    summary: "Say that the money was sent back by another way.",
    body: Some(of::<ReasonRequest>),
    success: ok(of::<OrderAnswer>, "The refund is settled."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/refunds/{refund_id}/settle", "settleRefund")
};

/// Agrees to a refund as the second person.
pub const APPROVE_REFUND: Route = Route {
    roles: &[Role::Finance],
    problems: &[P::NotFound, P::WrongState, P::SecondPersonRequired],
    summary: "Agree to a refund that waits for a second person: not for whoever asked for it.",
    success: taken(of::<OrderAnswer>, "The refund is under way."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/refunds/{refund_id}/approval", "approveRefund")
};

/// Turns a refund down as the second person.
pub const DECLINE_REFUND: Route = Route {
    roles: &[Role::Finance],
    problems: &[P::NotFound, P::WrongState],
    summary: "Turn down a refund that waits for a second person; whoever asked may take it back so.",
    body: Some(of::<ReasonRequest>),
    success: ok(of::<OrderAnswer>, "The refund is declined; nothing moves."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/refunds/{refund_id}/decline", "declineRefund")
};

/// Opens a further payment attempt, or tells the provider's id of the present one.
pub const ADD_PAYMENT: Route = Route {
    roles: &[Role::Storefront, Role::Channel],
    problems: &[P::KeyRequired, P::NotFound, P::WrongState, P::KeyReused, P::NotOffered],
    summary: "Open a further payment attempt with a reference of its own; or, with `provider_payment_id`, tell the provider's own id of the present one, so that it can be called off.",
    params: params::MAY_BE_KEYED,
    body: Some(of::<PaymentAttemptRequest>),
    success: ok(of::<PaymentAnswer>, "The attempt is open, or the id is kept."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/payments", "addPayment")
};

/// Begins a payment at its provider.
pub const START_PAYMENT: Route = Route {
    roles: &[Role::Storefront, Role::Channel],
    problems: &[P::NotFound, P::WrongState, P::NotOffered],
    summary: "Begin a payment attempt at its provider, or go on with it: the same request again gives the same payment. For providers that `StartPayments` names; payments of the others are begun by the storefront, with the `payment_reference`.",
    body: Some(of::<StartPaymentRequest>),
    success: ok(of::<StartedPayment>, "It is begun: what the storefront does next."),
    ..route("payment-start", Method::Post, "/v1/orders/{order_id}/payments/{payment_id}/start", "startPayment")
};

/// Lifts a hold.
pub const RELEASE_HOLD: Route = Route {
    roles: &[Role::Support],
    problems: &[P::NotFound, P::WrongState],
    summary: "Lift a hold: the order goes on.",
    body: Some(of::<ReasonRequest>),
    success: ok(of::<OrderAnswer>, "The hold is released."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/holds/{hold_id}/release", "releaseHold")
};

/// Confirms a hold.
pub const REJECT_HOLD: Route = Route {
    roles: &[Role::Support],
    problems: &[P::NotFound, P::AlreadyShipped, P::WrongState],
    summary: "Confirm a hold: the order is undone and what was paid goes back.",
    body: Some(of::<ReasonRequest>),
    success: ok(of::<OrderAnswer>, "The hold is rejected."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/holds/{hold_id}/reject", "rejectHold")
};

/// Looks for stock again.
pub const RETRY_ALLOCATION: Route = Route {
    roles: &[Role::Support],
    problems: &[P::NotFound, P::WrongState],
    summary: "Look now for a location that can ship what has none.",
    success: taken(of::<OrderAnswer>, "It is tried again."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/allocation/retry", "retryAllocation")
};

/// Closes an anomaly.
pub const ACKNOWLEDGE_ANOMALY: Route = Route {
    roles: &[Role::Support, Role::Finance],
    problems: &[P::NotFound, P::WrongState],
    summary: "Say what came of an event that the order's tables do not know.",
    body: Some(of::<ReasonRequest>),
    success: ok(of::<OrderAnswer>, "The anomaly is closed."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/anomalies/{anomaly_id}/acknowledge", "acknowledgeAnomaly")
};

/// Closes a shipment's trouble.
pub const CLOSE_TROUBLE: Route = Route {
    roles: &[Role::Support, Role::Warehouse],
    problems: &[P::NotFound, P::WrongState],
    summary: "Say that a shipment's trouble (overdue, exception, lost, sent back) was dealt with.",
    body: Some(of::<ReasonRequest>),
    success: ok(of::<OrderAnswer>, "The trouble is closed."),
    ..route("orders", Method::Post, "/v1/orders/{order_id}/shipments/{shipment_id}/close", "closeTrouble")
};

/// Shows an order's books.
pub const GET_ORDER_LEDGER: Route = Route {
    roles: &[Role::Finance],
    problems: &[P::NotFound],
    summary: "Show all that was written in the ledger for an order, and what each account holds of it.",
    says: JSON_OR_CSV,
    success: ok(of::<OrderLedgerView>, "The order's entries, oldest first; as CSV without the balances."),
    ..route("orders", Method::Get, "/v1/orders/{order_id}/ledger", "getOrderLedger")
};

/// Shows a day's books.
pub const GET_LEDGER: Route = Route {
    roles: &[Role::Finance],
    summary: "List the ledger of a day, oldest first. A page holds whole commits; a moment may pass before a commit is listed.",
    params: params::GET_LEDGER,
    says: JSON_OR_CSV,
    success: Success {
        headers: &[("Link", "With CSV: the next page, `rel=\"next\"`; none on the last.")],
        ..ok(of::<LedgerPage>, "A page of entries.")
    },
    ..route("orders", Method::Get, "/v1/ledger", "getLedger")
};

/// Lists what waits for a person.
pub const LIST_TASKS: Route = Route {
    roles: Role::STAFF,
    summary: "List what waits for a person, with the answers that are possible and where to send them.",
    params: params::LIST_TASKS,
    success: ok(of::<TaskPage>, "A page of tasks, oldest first."),
    ..route("orders", Method::Get, "/v1/tasks", "listTasks")
};

/// Closes a task that belongs to no order.
pub const DISMISS_TASK: Route = Route {
    roles: &[Role::Finance, Role::Warehouse],
    problems: &[P::NotFound],
    summary: "Close a task that belongs to no order: payments are for finance, parcels and counts for the warehouse.",
    body: Some(of::<ReasonRequest>),
    success: Success { status: StatusCode::NO_CONTENT, description: "The task is closed.", body: None, headers: &[] },
    ..route("orders", Method::Post, "/v1/tasks/{task_id}/dismiss", "dismissTask")
};

/// Serves the document.
pub const GET_OPENAPI: Route = Route {
    summary: "This document.",
    success: ok(of::<OpenApiDocument>, "OpenAPI 3.1."),
    ..route("orders", Method::Get, "/v1/openapi.json", "getOpenApi")
};

/// Stores a location.
pub const PUT_LOCATION: Route = Route {
    roles: &[Role::Manager],
    problems: &[P::InvalidField],
    summary: "Store a location.",
    body: Some(of::<LocationRequest>),
    success: ok(of::<LocationView>, "The location as stored."),
    ..route("inventory", Method::Put, "/v1/locations/{location_id}", "putLocation")
};

/// Stores a product.
pub const PUT_PRODUCT: Route = Route {
    roles: &[Role::Manager],
    problems: &[P::InvalidField],
    summary: "Store a product. Orders for a SKU that is not stored are rejected.",
    body: Some(of::<ProductRequest>),
    success: ok(of::<ProductView>, "The product as stored."),
    ..route("inventory", Method::Put, "/v1/products/{sku}", "putProduct")
};

/// Stores a count.
pub const PUT_STOCK: Route = Route {
    roles: &[Role::Warehouse, Role::Manager],
    problems: &[P::NotFound, P::PreconditionFailed],
    summary: "Store what was counted. A count below what is promised is taken, and a task is raised.",
    params: params::IF_MATCH,
    body: Some(of::<StockRequest>),
    success: Success { headers: ETAG, ..ok(of::<StockLevelView>, "The counters as they are now.") },
    ..route("inventory", Method::Put, "/v1/stock/{location_id}/{sku}", "putStock")
};

/// Shows stock.
pub const GET_STOCK: Route = Route {
    roles: &[Role::Warehouse, Role::Support, Role::Manager],
    problems: &[P::NotFound],
    summary: "Show the counters of a SKU at every location.",
    success: ok(of::<StockView>, "The counters, location by location."),
    ..route("inventory", Method::Get, "/v1/stock/{sku}", "getStock")
};

/// Hears a payment provider.
pub const PAYMENT_CALLBACK: Route = Route {
    problems: &[P::NotFound],
    own_refusals: OWN_REFUSALS,
    own_refusal: of::<ProviderAnswer>,
    // Alipay sends forms and reads texts, and Adyen reads texts too.
    takes: &["application/json", "application/x-www-form-urlencoded"],
    says: &["application/json", "text/plain"],
    summary: "Hear a payment provider, by its signature over the exact body, and answer in its own manner.",
    params: params::PROVIDER_SIGNATURE,
    body: Some(of::<ProviderCallback>),
    success: ok(of::<ProviderAnswer>, "Heard."),
    ..route("payment-callback", Method::Post, "/v1/payments/{provider}/callbacks", "paymentCallback")
};

/// Hears a location.
pub const SHIPMENT_EVENT: Route = Route {
    roles: &[Role::Warehouse],
    problems: &[P::NotFound, P::WrongState, P::KeyReused],
    keyed: true,
    summary: "Report on a shipment. States may be skipped; the same key again changes nothing.",
    body: Some(of::<ShipmentEventRequest>),
    success: taken(of::<OrderAnswer>, "Heard."),
    ..route("shipping-notify", Method::Post, "/v1/shipments/{shipment_id}/events", "reportShipment")
};

/// Lists a location's work.
pub const LIST_SHIPMENTS: Route = Route {
    roles: &[Role::Warehouse, Role::Support],
    summary: "List a location's shipments with all that it needs to send them.",
    params: params::LIST_SHIPMENTS,
    success: ok(of::<ShipmentPage>, "A page of shipments, oldest first."),
    ..route("shipping-notify", Method::Get, "/v1/shipments", "listShipments")
};

/// Hears a carrier.
pub const CARRIER_CALLBACK: Route = Route {
    problems: &[P::NotFound],
    own_refusals: OWN_REFUSALS,
    summary: "Hear a carrier, by its signature over the exact body. A number that is not known yet is kept and tried again.",
    params: params::CARRIER_SIGNATURE,
    body: Some(of::<CarrierCallback>),
    success: ok(of::<CallbackAnswer>, "Heard."),
    ..route("shipping-notify", Method::Post, "/v1/carriers/{carrier}/callbacks", "carrierCallback")
};

/// Every route, in the order in which the document shows them.
pub const ROUTES: &[&Route] = &[
    &CREATE_ORDER,
    &LIST_ORDERS,
    &GET_ORDER,
    &CANCEL_ORDER,
    &REQUEST_REFUND,
    &RETRY_CAPTURE,
    &WITHDRAW_CAPTURE,
    &RETRY_REFUND,
    &SETTLE_REFUND,
    &APPROVE_REFUND,
    &DECLINE_REFUND,
    &ADD_PAYMENT,
    &START_PAYMENT,
    &RELEASE_HOLD,
    &REJECT_HOLD,
    &RETRY_ALLOCATION,
    &ACKNOWLEDGE_ANOMALY,
    &CLOSE_TROUBLE,
    &GET_ORDER_LEDGER,
    &GET_LEDGER,
    &LIST_TASKS,
    &DISMISS_TASK,
    &SHIPMENT_EVENT,
    &LIST_SHIPMENTS,
    &PUT_LOCATION,
    &PUT_PRODUCT,
    &PUT_STOCK,
    &GET_STOCK,
    &PAYMENT_CALLBACK,
    &CARRIER_CALLBACK,
    &GET_OPENAPI,
];
