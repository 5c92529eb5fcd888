//! Parameters: those of paths by name, and the lists of queries and headers.

use oms_domain::status::ShipmentStatus;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

use super::route::{Named, Param, SchemaOf, of};
use crate::api::queries::{DEFAULT_LIMIT, LARGEST_LIMIT};
use crate::api::schema::{self, names, string};
use crate::config::CONNECTABLE;

/// The parameters that stand in paths: name, meaning, schema.
pub(super) const IN_PATHS: &[(&str, &str, SchemaOf)] = &[
    ("order_id", "The order.", of::<schema::OrderId>),
    ("shipment_id", "The shipment.", |_| string("A shipment.", 1, 40, Some("^[A-Za-z0-9._-]+$")).into()),
    ("hold_id", "The hold, by its id within the order.", |_| {
        string("A hold.", 1, 40, Some("^[A-Za-z0-9._-]+$")).into()
    }),
    ("capture_id", "The capture.", |_| string("A capture.", 1, 64, Some("^[A-Za-z0-9._-]+$")).into()),
    ("refund_id", "The refund.", |_| string("A refund.", 1, 64, Some("^[A-Za-z0-9._-]+$")).into()),
    ("payment_id", "The payment attempt, by its id within the order.", |_| {
        string("A payment attempt.", 1, 40, Some("^[A-Za-z0-9._-]+$")).into()
    }),
    ("anomaly_id", "The anomaly, by its id within the order.", |_| string("An anomaly.", 1, 64, None).into()),
    ("task_id", "The task.", |_| string("A task.", 1, 500, None).into()),
    ("location_id", "The location.", of::<schema::LocationId>),
    ("sku", "The stock keeping unit.", of::<schema::Sku>),
    ("provider", "The provider.", |_| {
        let connected = CONNECTABLE.iter().map(|provider| provider.name());
        names("A provider that is connected; one that the stack has no secret of is not found.", connected).into()
    }),
    ("carrier", "The carrier.", |_| names("A carrier that is connected.", ["standard"]).into()),
];

const fn query(name: &'static str, description: &'static str, schema: SchemaOf) -> Param {
    Param { name, is_header: false, required: false, description, schema }
}

const fn header(name: &'static str, description: &'static str) -> Param {
    Param { name, is_header: true, required: false, description, schema: any_text }
}

fn any_text(_: &mut Named) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).into()
}

fn customer(_: &mut Named) -> RefOr<Schema> {
    string("The shop's id of a customer.", 1, 120, None).into()
}

fn page_size(_: &mut Named) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(1))
        .maximum(Some(f64::from(LARGEST_LIMIT)))
        .default(Some(DEFAULT_LIMIT.into()))
        .into()
}

fn work_status(_: &mut Named) -> RefOr<Schema> {
    let states = ShipmentStatus::ALL.iter().map(|s| oms_domain::machine::Machine::name(*s));
    names("`open`, `done`, or one state.", ["open", "done"].into_iter().chain(states)).into()
}

const CURSOR: Param = query("cursor", "`next_cursor` of the page before.", any_text);
const LIMIT: Param = query("limit", "How many items the page has at most.", page_size);

pub(super) const LIST_ORDERS: &[Param] = &[
    query("customer_id", "All orders of a customer; either this or `placed_on`.", customer),
    query("placed_on", "All orders of a channel placed on a day (UTC); with `channel`.", of::<schema::Day>),
    query("channel", "Required with `placed_on`, a filter with `customer_id`.", of::<schema::Channel>),
    query("status", "Only orders in this state.", of::<schema::OrderStatusName>),
    CURSOR,
    LIMIT,
];

fn local_time(_: &mut Named) -> RefOr<Schema> {
    string("An offset from UTC.", 1, 6, Some("^(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$")).into()
}

pub(super) const GET_LEDGER: &[Param] = &[
    Param {
        name: "date",
        is_header: false,
        required: true,
        description: "The day on which the money moved.",
        schema: of::<schema::Day>,
    },
    query("tz", "Where that day begins, such as `+08:00` (write the plus as `%2B`); UTC without it.", local_time),
    CURSOR,
    query("limit", "How many commits the page has at most; each has two entries or more.", page_size),
];

pub(super) const LIST_TASKS: &[Param] = &[
    query("role", "Whose desk; by default the caller's own, and every desk for a manager.", of::<schema::Desk>),
    query("kind", "Only tasks of this kind.", of::<schema::TaskKindName>),
    CURSOR,
    LIMIT,
];

pub(super) const LIST_SHIPMENTS: &[Param] = &[
    Param {
        name: "location_id",
        is_header: false,
        required: true,
        description: "Whose work list.",
        schema: of::<schema::LocationId>,
    },
    query(
        "status",
        "What is to do (`open`), what is done (`done`), or one state; without it both, first what is to do.",
        work_status,
    ),
    CURSOR,
    LIMIT,
];

pub(super) const IF_MATCH: &[Param] =
    &[header("If-Match", "The `ETag` that the change builds on; without it the change is made in any case.")];

fn key(_: &mut Named) -> RefOr<Schema> {
    string("A key of the sender's choice.", 1, 255, Some("^[\\u0021-\\u007e]+$")).into()
}

pub(super) const OPTIONAL_KEY: &[Param] = &[Param {
    name: "Idempotency-Key",
    is_header: true,
    required: false,
    description: "For a part of an order: the same key and body again have no second effect. Without it every request \
                  cancels units of its own.",
    schema: key,
}];

pub(super) const IF_NONE_MATCH: &[Param] = &[header("If-None-Match", "The `ETag` that the caller has already.")];

pub(super) const PROVIDER_SIGNATURE: &[Param] = &[
    header("Stripe-Signature", "Stripe's signature over the exact body: `t=…,v1=…`."),
    header("Wechatpay-Signature", "WeChat Pay's signature over timestamp, nonce and the exact body, in base64."),
    header("Wechatpay-Timestamp", "WeChat Pay: seconds since 1970."),
    header("Wechatpay-Nonce", "WeChat Pay: a random text."),
    header("Wechatpay-Serial", "WeChat Pay: the certificate or public key that signed."),
    header("Paypal-Transmission-Sig", "PayPal's signature over id, time, webhook and the body's CRC-32, in base64."),
    header("Paypal-Transmission-Id", "PayPal: the transmission's id."),
    header("Paypal-Transmission-Time", "PayPal: when it was sent, RFC 3339."),
    header("Paypal-Auth-Algo", "PayPal: `SHA256withRSA`, or absent."),
    header("Paypal-Cert-Url", "PayPal: the certificate's address at paypal.com, or absent. It is never called."),
];

pub(super) const CARRIER_SIGNATURE: &[Param] = &[
    header("webhook-id", "Standard Webhooks: the message's id."),
    header("webhook-timestamp", "Standard Webhooks: seconds since 1970."),
    header("webhook-signature", "Standard Webhooks: signatures over id, timestamp and the exact body."),
];

/// A request that may be repeated under a key, and need not have one.
pub(super) const MAY_BE_KEYED: &[Param] = &[Param {
    name: "Idempotency-Key",
    is_header: true,
    required: false,
    description: "The same key and body again opens no further attempt. Without it every request opens one.",
    schema: key,
}];
