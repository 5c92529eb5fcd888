//! From the table of routes to the document.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Content, HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder,
    ServerBuilder,
};

use super::params::IN_PATHS;
use super::route::{JSON, Method, Named, Route};
use super::routes::ROUTES;
use crate::auth::Role;
use crate::problem::{MEDIA_TYPE, ProblemKind, TYPE_PREFIX};

const SECURITY: &str = "bearer";
const PROBLEM: &str = "Problem";
const GATEWAY_MESSAGE: &str = "GatewayMessage";
const REQUEST_ID: &str = "X-Request-Id";
const TOO_MANY: &str = "TooManyRequests";

const ABOUT: &str = "Orders from the sale to the door. Money is a decimal text and a currency; times are RFC 3339 in \
UTC; an unknown field in a request is refused, and clients tolerate new fields and new names in answers. Whatever is \
refused is answered as `application/problem+json` (RFC 9457) with a stable `type` and the request's id.";

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    let mut named = Named::new();
    let mut paths = PathsBuilder::new();
    for route in ROUTES {
        let method = match route.method {
            Method::Get => HttpMethod::Get,
            Method::Post => HttpMethod::Post,
            Method::Put => HttpMethod::Put,
        };
        paths = paths.path(route.path, PathItem::new(method, operation(route, &mut named)));
    }
    // In the order of their names, each once.
    let schemas: BTreeMap<String, RefOr<Schema>> = named.into_iter().collect();
    let mut components = ComponentsBuilder::new().security_scheme(SECURITY, bearer());
    for (name, schema) in schemas {
        components = components.schema(name, schema);
    }
    components = components
        .schema(GATEWAY_MESSAGE, gateway_message())
        .schema(PROBLEM, problem())
        .header(REQUEST_ID, text_header("The request's id, for questions."))
        .response(TOO_MANY, too_many());
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Waybill")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
                .build(),
        )
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

fn operation(route: &Route, named: &mut Named) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(route.name))
        .summary(Some(route.summary))
        .description(Some(who(route)))
        .tag(route.function);
    for (name, description, schema) in IN_PATHS {
        if route.path.contains(&format!("{{{name}}}")) {
            operation = operation.parameter(
                ParameterBuilder::new()
                    .name(*name)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .description(Some(*description))
                    .schema(Some(schema(named))),
            );
        }
    }
    if route.keyed {
        operation = operation.parameter(idempotency_key());
    }
    for param in route.params {
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(param.name)
                .parameter_in(if param.is_header { ParameterIn::Header } else { ParameterIn::Query })
                .required(if param.required { Required::True } else { Required::False })
                .description(Some(param.description))
                .schema(Some((param.schema)(named))),
        );
    }
    if let Some(body) = route.body {
        let schema = body(named);
        let body = route
            .takes
            .iter()
            .fold(RequestBodyBuilder::new(), |body, media| body.content(*media, Content::new(Some(schema.clone()))));
        operation = operation.request_body(Some(body.required(Some(Required::True)).build()));
    }
    if !route.roles.is_empty() {
        operation = operation.security(SecurityRequirement::new::<_, [&str; 0], &str>(SECURITY, []));
    }
    let success = &route.success;
    let mut response = ResponseBuilder::new().description(success.description);
    if let Some(body) = success.body {
        response = said(response, route, &body(named));
    }
    for (name, meaning) in success.headers {
        response = response.header(*name, text_header(meaning));
    }
    operation = operation.response(success.status.as_str(), with_id(response));
    for (status, meaning) in route.bare {
        operation = operation.response(status.as_str(), with_id(ResponseBuilder::new().description(*meaning)));
    }
    for (status, meaning) in route.own_refusals {
        let response = said(ResponseBuilder::new().description(*meaning), route, &(route.own_refusal)(named));
        operation = operation.response(status.as_str(), with_id(response));
    }
    for (status, kinds) in by_status(route) {
        operation = operation.response(status.as_str(), with_id(refusal(status, &kinds)));
    }
    operation.response(StatusCode::TOO_MANY_REQUESTS.as_str(), Ref::from_response_name(TOO_MANY))
}

/// The same in every media type of the route: JSON by its schema, anything else as a text.
fn said(response: ResponseBuilder, route: &Route, schema: &RefOr<Schema>) -> ResponseBuilder {
    route.says.iter().fold(response, |response, media| {
        let is_json = JSON.contains(media);
        let content = if is_json { Content::new(Some(schema.clone())) } else { Content::new(Some(text().build())) };
        response.content(*media, content)
    })
}

fn who(route: &Route) -> String {
    if route.roles.is_empty() {
        return "No credential is asked for.".into();
    }
    let mut names: Vec<&str> = route.roles.iter().map(|role| role.name()).collect();
    if route.roles.iter().any(|role| role.desk().is_some()) && !route.roles.contains(&Role::Manager) {
        names.push(Role::Manager.name());
    }
    format!("For credentials of: {}.", names.join(", "))
}

fn by_status(route: &Route) -> BTreeMap<StatusCode, Vec<ProblemKind>> {
    let mut all: BTreeMap<StatusCode, Vec<ProblemKind>> = BTreeMap::new();
    for kind in route.all_problems() {
        all.entry(kind.status()).or_default().push(kind);
    }
    all
}

fn refusal(status: StatusCode, kinds: &[ProblemKind]) -> ResponseBuilder {
    let words: Vec<String> = kinds.iter().map(|kind| format!("{} (`{}`)", kind.title(), kind.name())).collect();
    let mut response = ResponseBuilder::new()
        .description(format!("{}.", words.join("; ")))
        .content(MEDIA_TYPE, Content::new(Some(Ref::from_schema_name(PROBLEM))));
    if kinds.contains(&ProblemKind::Unauthenticated) {
        response = response.header("WWW-Authenticate", text_header("`Bearer`."));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response = response.header("Retry-After", text_header("Seconds to wait."));
    }
    response
}

fn too_many() -> ResponseBuilder {
    ResponseBuilder::new()
        .description("Too many requests at once: answered by the gateway, try again with growing pauses.")
        .content("application/json", Content::new(Some(Ref::from_schema_name(GATEWAY_MESSAGE))))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

fn text_header(meaning: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new().schema(Some(text())).description(Some(meaning)).build()
}

fn with_id(response: ResponseBuilder) -> ResponseBuilder {
    response.header_ref(REQUEST_ID, Ref::new(format!("#/components/headers/{REQUEST_ID}")))
}

fn idempotency_key() -> ParameterBuilder {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some("The request's own key: the same key and body again have no second effect."))
        .schema(Some(text().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[\\u0021-\\u007e]+$"))))
}

fn bearer() -> SecurityScheme {
    SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A credential of the shop; its role says what it may do, its channels what it may see."))
            .build(),
    )
}

fn gateway_message() -> ObjectBuilder {
    ObjectBuilder::new().description(Some("What the gateway itself answers.")).property("message", text())
}

fn problem() -> ObjectBuilder {
    let integer = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer));
    let types: Vec<String> = ProblemKind::ALL.iter().map(|kind| kind.uri()).collect();
    ObjectBuilder::new()
        .description(Some(
            "RFC 9457. Further members depend on the type: `field`, `order_id`, `remaining`, `order_status`.",
        ))
        .property(
            "type",
            text().description(Some(format!("Stable. {TYPE_PREFIX}… with one of the known names."))).examples(types),
        )
        .property("title", text().description(Some("The type in words.")))
        .property("status", integer.description(Some("The HTTP status.")))
        .property("detail", text().description(Some("What is wrong here; names the field at fault.")))
        .property("instance", text().description(Some("The path that was asked.")))
        .property("request_id", text().description(Some("The request's id.")))
        .property("field", text().description(Some("The field at fault, such as `lines[0].quantity`.")))
        .property("order_id", text().description(Some("The order that is meant.")))
        .required("type")
        .required("title")
        .required("status")
        .required("detail")
        .required("instance")
        .required("request_id")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::openapi::DOCUMENT;
    use serde_json::Value;
    use std::collections::BTreeSet;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

    fn generated() -> String {
        document().to_pretty_json().unwrap() + "\n"
    }

    #[test]
    fn the_stored_document_is_what_the_code_says() {
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(FILE, generated()).unwrap();
            return;
        }
        assert!(
            generated() == DOCUMENT,
            "docs/openapi.json is out of date: UPDATE_OPENAPI=1 cargo test -p oms-lambda openapi"
        );
    }

    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    match member.as_str() {
                        Some(target) if key == "$ref" => {
                            found.insert(target);
                        }
                        Some(_) | None => references(member, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn references_and_components_match() {
        let document: Value = serde_json::from_str(&generated()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let mut used = BTreeSet::new();
        references(&document, &mut used);
        let mut known = BTreeSet::new();
        for kind in ["schemas", "responses", "headers"] {
            let names = document["components"][kind].as_object().unwrap().keys();
            known.extend(names.map(|name| format!("#/components/{kind}/{name}")));
        }
        let used: BTreeSet<String> = used.into_iter().map(str::to_owned).collect();
        assert_eq!(known, used);
    }

    #[test]
    fn routes_are_unique_and_their_paths_are_described() {
        let names: BTreeSet<&str> = ROUTES.iter().map(|route| route.name).collect();
        let calls: BTreeSet<(&str, &str)> = ROUTES.iter().map(|route| (route.method.name(), route.path)).collect();
        assert_eq!((names.len(), calls.len()), (ROUTES.len(), ROUTES.len()));
        for route in ROUTES {
            let wanted = route.path.matches('{').count();
            let found = IN_PATHS.iter().filter(|(name, ..)| route.path.contains(&format!("{{{name}}}"))).count();
            assert_eq!(wanted, found, "{route:?}");
            assert!(!route.summary.is_empty(), "{route:?}");
        }
    }

    #[test]
    fn requests_are_closed_and_answers_open() {
        let document: Value = serde_json::from_str(&generated()).unwrap();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let closed = schema["additionalProperties"] == Value::Bool(false);
            if schema["type"] == "object" && name.ends_with("Request") {
                assert!(closed, "{name}");
            }
            if name.ends_with("View") || name.ends_with("Page") || name == PROBLEM {
                assert!(!closed, "{name}");
            }
        }
    }
}
