//! Puts the catalogue into a stack, through its HTTP API as a manager would.

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::catalogue::{LOCATIONS, PRODUCTS};
use crate::digest::sha256_hex;
use crate::error::{LocalError, Result};
use crate::http;
use crate::stack_file::StackFile;

/// Requests at a time: each that runs at once is a process on this machine.
const PARALLEL: usize = 2;
/// How long the API may take to answer after a deployment.
const PATIENCE: Duration = Duration::from_secs(30);

/// Changes when the catalogue does.
pub fn fingerprint() -> String {
    sha256_hex(format!("{LOCATIONS:?}{PRODUCTS:?}").as_bytes())
}

/// Waits until the API answers with its own description.
///
/// # Errors
/// It does not in time; with the last answer.
pub async fn wait_for_api(stack: &StackFile) -> Result<()> {
    let client = http::client()?;
    let since = Instant::now();
    loop {
        let answer = client.get(format!("{}/v1/openapi.json", stack.api_url)).send().await;
        let shown = match answer {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => format!("{} {}", answer.status(), answer.text().await.unwrap_or_default()),
            Err(error) => error.to_string(),
        };
        if since.elapsed() > PATIENCE {
            return Err(LocalError::blocked(
                format!("the API does not answer GET /v1/openapi.json: {shown}"),
                "look at `cargo local logs`, and at target/local/engine.log for the engine's side",
            ));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Puts every location, product and stock. `told` hears how many of how many are in.
///
/// # Errors
/// The API refuses one.
pub async fn seed(stack: &StackFile, told: impl Fn(usize, usize)) -> Result<usize> {
    let client = http::client()?;
    let token = stack.token("manager")?;
    let (places, shelves) = requests();
    let all = places.len() + shelves.len();
    let mut done = 0;
    // Stock names a location and a product, so these come first.
    for part in [places, shelves] {
        let mut puts =
            stream::iter(part).map(|(path, body)| put(&client, stack, token, path, body)).buffer_unordered(PARALLEL);
        while puts.try_next().await?.is_some() {
            done += 1;
            told(done, all);
        }
    }
    Ok(all)
}

type Request = (String, Value);

fn requests() -> (Vec<Request>, Vec<Request>) {
    let locations = LOCATIONS.iter().map(|location| (format!("/v1/locations/{}", location.id), location.body()));
    let products = PRODUCTS.iter().map(|product| (format!("/v1/products/{}", product.sku), product.body()));
    let stock = PRODUCTS.iter().flat_map(|product| {
        product.stock.iter().map(|(location, units)| {
            (format!("/v1/stock/{location}/{}", product.sku), json!({ "on_hand": units, "safety_stock": 5 }))
        })
    });
    (locations.chain(products).collect(), stock.collect())
}

async fn put(client: &reqwest::Client, stack: &StackFile, token: &str, path: String, body: Value) -> Result<()> {
    let context = format!("PUT {path}");
    let answer = client
        .put(format!("{}{path}", stack.api_url))
        .bearer_auth(token)
        .json(&body)
        .send()
        .await
        .map_err(LocalError::engine(context.clone()))?;
    if answer.status().is_success() {
        return Ok(());
    }
    let status = answer.status();
    Err(LocalError::call(context, format!("{status} {}", answer.text().await.unwrap_or_default())))
}
