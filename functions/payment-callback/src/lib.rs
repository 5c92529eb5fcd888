//! Payment providers' callbacks: the signature over the raw bytes first, then its facts, all stored before they are acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use oms_app::callbacks::{self, Recorded};
use oms_app::engine::Engine;
use oms_app::error::AppError;
use oms_app::ports::TaskStore;
use oms_domain::body::Provider;
use oms_lambda::http::{ExistingPath, RawBody};
use oms_lambda::metrics::Metrics;
use oms_lambda::problem::Problem;
use oms_lambda::telemetry;
use oms_providers::ProviderError;
use oms_providers::callback::{Answer, Callback, PaymentCallbackProvider, receive};
use oms_providers::connected::CONNECTED;

/// How long storing may take before the provider is told to come again. WeChat Pay wants its answer within five seconds,
/// the others wait longer; the fifth is for the way through the gateway and for the signature. One attempt of a call to AWS
/// may wait three seconds, so one that is lost leaves time for the next.
const BUDGET: Duration = Duration::from_secs(4);

/// Providers that are configured; any other answers 404.
pub type Providers = BTreeMap<Provider, Box<PaymentCallbackProvider>>;

/// Sets up the providers whose secrets these are.
///
/// # Errors
/// [`ProviderError`] for a secret that cannot be used: an enabled provider that cannot be heard stops the start.
pub fn providers(secrets: &BTreeMap<Provider, String>) -> Result<Providers, ProviderError> {
    let mut providers = Providers::new();
    for connected in CONNECTED {
        if let Some(secret) = secrets.get(&connected.provider) {
            providers.insert(connected.provider, connected.callbacks(secret)?);
        }
    }
    Ok(providers)
}

/// What the handler works with.
#[derive(Clone)]
pub struct Deps {
    /// Orders.
    pub engine: Engine,
    /// Tasks that belong to no order.
    pub tasks: Arc<dyn TaskStore>,
    /// Providers.
    pub providers: Arc<Providers>,
    /// The stage, for metrics.
    pub stage: String,
}

/// The route.
pub fn router(deps: Deps) -> Router {
    Router::new().route("/v1/payments/{provider}/callbacks", post(callback)).with_state(deps)
}

async fn callback(
    State(deps): State<Deps>,
    ExistingPath(name): ExistingPath<String>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response<Body>, Problem> {
    let provider = Provider::from_name(&name).and_then(|known| deps.providers.get(&known));
    let provider = provider.ok_or_else(|| Problem::not_found("payment provider"))?.as_ref();
    let said = match receive(provider, &headers, &body, deps.engine.clock.now()) {
        Ok(said) => said,
        Err(error) => {
            tracing::warn!(provider = name, error = error.name(), detail = %error, "callback of {name} refused");
            let answer = provider.refused(&error);
            not_taken(&name, &deps.stage, answer.status).emit();
            return Ok(respond(answer));
        }
    };
    // To stop in the middle is safe: every write is conditional and carries the event's key. What was stored by then has no
    // second effect when the provider comes again, and a stimulus that was not sent is made up for by the sweep.
    match tokio::time::timeout(BUDGET, store_all(&deps, &name, said)).await {
        Ok(Ok(())) => Ok(respond(provider.accepted())),
        Ok(Err(error)) => {
            tracing::error!(provider = name, %error, "callback of {name} not stored; the provider tries again");
            let answer = provider.unavailable();
            not_taken(&name, &deps.stage, answer.status).emit();
            Ok(respond(answer))
        }
        Err(_) => {
            let budget = BUDGET.as_secs();
            tracing::error!(provider = name, budget, "callback of {name} not stored in time; the provider tries again");
            let answer = provider.unavailable();
            not_taken(&name, &deps.stage, answer.status).emit();
            Ok(respond(answer))
        }
    }
}

/// What a callback counts as that is answered so. A 5xx is ours to mend and comes from a genuine sender, so that a single one
/// rings. Anybody can send what is refused, and a wrong secret shows in one provider's numbers.
pub fn not_taken(provider: &str, stage: &str, status: StatusCode) -> Metrics {
    let line = Metrics::new("payment-callback", stage);
    if status.is_server_error() {
        line.property("provider", provider).count("CallbacksNotStored", 1)
    } else {
        line.dimension("provider", provider).count("CallbacksRefused", 1)
    }
}

/// Stores all that was said, in its order. When one cannot be stored the whole body is sent again, and those that were
/// stored before have their keys: they have no second effect.
async fn store_all(deps: &Deps, name: &str, said: Vec<Callback>) -> Result<(), AppError> {
    for one in said {
        store(deps, name, one).await?;
    }
    Ok(())
}

/// Stores one thing that was said. Only then is it acknowledged.
async fn store(deps: &Deps, name: &str, said: Callback) -> Result<(), AppError> {
    match said {
        Callback::Fact { order_id: Some(order_id), fact } => {
            telemetry::about_order(&order_id);
            let recorded = callbacks::record_payment(&deps.engine, &order_id, &fact).await?;
            telemetry::about_event(&fact.key, recorded.name());
        }
        Callback::Fact { order_id: None, fact } => {
            let recorded = callbacks::record_nameless(&deps.engine, deps.tasks.as_ref(), &fact).await?;
            telemetry::about_event(&fact.key, recorded.name());
            if recorded == Recorded::Unmatched && callbacks::moved(&fact.kind).is_some() {
                Metrics::money_waits("payment-callback", &deps.stage, 1).emit();
            }
        }
        Callback::Unhandled { key, kind, why } => {
            telemetry::about_event(&key, "unhandled");
            tracing::info!(provider = name, kind, why = why.name(), "{key} has no meaning here and is recorded");
            deps.engine.orders.note_unhandled(name, &key, &kind, deps.engine.clock.now()).await?;
        }
    }
    Ok(())
}

/// The provider's own kind of answer, to the byte.
fn respond(answer: Answer) -> Response<Body> {
    (answer.status, [(header::CONTENT_TYPE, answer.content_type)], answer.body.into_owned()).into_response()
}
