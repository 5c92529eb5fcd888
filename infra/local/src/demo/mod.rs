//! `cargo local demo`: orders walk through their whole life over the HTTP contract, on the real stack.

pub(crate) mod baskets;
mod order;
mod walks;
mod world;

use std::time::Instant;

use local_stack::benefits::{BenefitsService, Stock};
use local_stack::engine::{self, EngineState};
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::progress::{Progress, seconds};
use local_stack::settings::{
    ADYEN_API_BASE, ALIPAY_API_BASE, BENEFITS_URL, PAYMENT_WINDOW, PAYPAL_API_BASE, REVIEW_THRESHOLD, STRIPE_API_BASE,
    Settings, WECHATPAY_API_BASE,
};
use local_stack::stack::{self, Functions, Options};
use local_stack::stack_file::Providers;
use local_stack::stripe_api::StripeStandIn;
use local_stack::wallets::WalletsStandIn;

use self::walks::WALKS;
use self::world::World;

/// How long an order may stay unpaid in the demo: long enough for those that are paid, short enough to wait for.
const PAYMENT_WINDOW_SECONDS: &str = "20";
/// So that one of the orders is looked at by a person.
const REVIEW_ABOVE: &str = "CNY=5000.00";

/// Brings the stack up with the demo's settings, walks, and gives the stack its own settings back.
pub(crate) async fn run(layout: &Layout, options: &Options, only: Option<&str>, progress: Progress) -> Result<()> {
    let chosen: Vec<_> = WALKS.iter().filter(|walk| only.is_none_or(|part| walk.name.contains(part))).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = WALKS.iter().map(|walk| walk.name).collect();
        return Err(LocalError::blocked("no order of the demo has that name", format!("one of: {}", names.join(", "))));
    }
    let before = engine::running(layout).await;
    let own = own_settings(options, before.as_ref());
    let port = options.port.or(before.map(|state| state.port)).unwrap_or(engine::DEFAULT_PORT);
    let (stand_in, wallets) = start_stand_ins(layout, port).await?;
    let benefits = start_benefits(layout).await?;
    let settings = own
        .with(PAYMENT_WINDOW, PAYMENT_WINDOW_SECONDS)?
        .with(REVIEW_THRESHOLD, REVIEW_ABOVE)?
        .with(STRIPE_API_BASE, &stand_in.url())?
        .with(WECHATPAY_API_BASE, &wallets.url())?
        .with(ALIPAY_API_BASE, &wallets.url())?
        .with(ADYEN_API_BASE, &wallets.url())?
        .with(PAYPAL_API_BASE, &wallets.url())?
        .with(BENEFITS_URL, &benefits.url())?;
    let up = stack::up(layout, &Options { settings, ..options.clone() }, progress).await?;

    let world = World::new(up.file, stand_in, wallets, benefits)?;
    let outcome = walk_all(&world, &chosen).await;

    // Also after a failure: the stack is the reader's, with the settings that it had.
    let restored = Options { settings: own, functions: Functions::Staged, fresh: false, ..options.clone() };
    println!();
    stack::up(layout, &restored, progress).await?;
    outcome
}

/// Those asked for now, or else those that the stack runs with.
fn own_settings(options: &Options, running: Option<&EngineState>) -> Settings {
    if options.settings.chosen().next().is_some() || options.fresh {
        return options.settings.clone();
    }
    running.and_then(|state| state.deployed.as_ref()).map(|deployed| deployed.settings.clone()).unwrap_or_default()
}

/// On the ports that the stack expects, or on free ones if those are taken.
async fn start_stand_ins(layout: &Layout, engine_port: u16) -> Result<(StripeStandIn, WalletsStandIn)> {
    let secrets = stack::secrets(layout)?;
    let stripe = match StripeStandIn::start(stack::stand_in_port(engine_port), &secrets.stripe_api_key).await {
        Ok(stand_in) => stand_in,
        Err(_) => StripeStandIn::start(0, &secrets.stripe_api_key).await?,
    };
    let who = Providers::of_local(&secrets, |_| String::new());
    let wallets = match WalletsStandIn::start(stack::wallets_port(engine_port), who.clone()).await {
        Ok(stand_in) => stand_in,
        Err(_) => WalletsStandIn::start(0, who).await?,
    };
    Ok((stripe, wallets))
}

/// The service that keeps count of coupons, points and gift cards, with the coupon that the demo's buyers have.
async fn start_benefits(layout: &Layout) -> Result<BenefitsService> {
    let stock = Stock { coupons: [(baskets::COUPON.to_owned(), 100)].into(), ..Stock::default() };
    BenefitsService::start(0, stack::secrets(layout)?.benefits, stock).await
}

/// Walks one order after the other. The first walk that waits long is begun before the others and ended after them.
async fn walk_all(world: &World, chosen: &[&walks::Walk]) -> Result<()> {
    let since = Instant::now();
    println!(
        "\nThe stand-in for Stripe's API listens on {}, that for the wallets' on {}; callbacks are signed as each signs them.",
        world.stripe_url(),
        world.wallets_url()
    );
    let unpaid = if chosen.iter().any(|walk| walk.waits) { Some(walks::begin_unpaid(world).await?) } else { None };
    let mut failed = Vec::new();
    for (number, walk) in chosen.iter().enumerate() {
        println!("\n{} of {}: {} · {}\n", number + 1, chosen.len(), walk.title, walk.title_zh);
        match walks::walk(world, walk, unpaid.as_ref()).await {
            Ok(order) => order.print_timeline(),
            Err(error) => {
                println!("  FAILED: {error}");
                failed.push(walk.name);
            }
        }
    }
    for violation in world.violations() {
        println!("\nFAILED: the provider would not have forgiven this: {violation}");
        failed.push("provider");
    }
    println!(
        "\n{} of {} orders ended as they should ({}).",
        chosen.len().saturating_sub(failed.len()),
        chosen.len(),
        seconds(since.elapsed())
    );
    if failed.is_empty() {
        return Ok(());
    }
    Err(LocalError::Failed(format!(
        "not as they should: {}; `cargo local logs` has the functions' side",
        failed.join(", ")
    )))
}
