//! One stack for all tests of this run. It is started by the first that needs it, in the way in which `cargo local up` does it,
//! and ends with this process, however this process ends.

use std::any::type_name;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::sync::LazyLock;

use futures::FutureExt;
use local_stack::benefits::{BenefitsService, Stock};
use local_stack::layout::Layout;
use local_stack::python::{self, Purpose};
use local_stack::settings::Settings;
use local_stack::stack_file::{Providers, StackFile};
use local_stack::stripe_api::StripeStandIn;
use local_stack::wallets::WalletsStandIn;
use local_stack::{stack, testing};
use tokio::runtime::Runtime;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use super::engine::Engine;
use crate::world::{Sdk, Signer, World};

/// How many cases run at once: the engine is no faster with more, only later.
const ROOM: u32 = 8;
/// Long enough to be paid in on a busy machine, short enough to wait for.
const PAYMENT_WINDOW: &str = "order.payment_window_seconds=25";
/// Card payments of the app are taken when its parcels leave.
const CAPTURE_WHEN: &str = "order.capture_when=*=provider,app=shipped";
/// The app keeps deposits whose balance does not come.
const DEPOSITS: &str = "order.deposit_on_default=*=refund,app=keep";
/// Above it a person looks at an order.
const REVIEW_ABOVE: &str = "order.review_threshold=CNY=5000.00";
/// A warehouse that is silent for this long is asked about.
const RESPONSE_WINDOW: &str = "order.shipment_response_seconds=60";
/// What no queue brings, the sweep finds after this long: not after minutes, for there are cases that wait for it.
const LOOKOUT: &str = "order.lookout_seconds=30";

/// The clients' connections and the stand-in outlive single tests, so they live on a runtime that does.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static PLACES: Semaphore = Semaphore::const_new(ROOM as usize);
static LOCAL: OnceCell<Result<Local, Missing>> = OnceCell::const_new();

/// The shared stack, with what only a local one has beside the API.
pub struct Local {
    world: World,
    /// Stripe's API.
    pub stripe: StripeStandIn,
    /// The other providers'.
    pub wallets: WalletsStandIn,
    benefits: Option<BenefitsService>,
    /// The engine's own API, for the accidents.
    pub engine: Engine,
    /// The folder that the stack is at home in.
    pub home: PathBuf,
}

impl Deref for Local {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Local {
    /// The service that keeps count of coupons and points. A stack that was given may have one of its own, or none: then the
    /// case cannot look into its books, and says so.
    pub fn benefits(&self) -> Option<&BenefitsService> {
        if self.benefits.is_none() {
            let reason = "the books of a given stack's service for coupons and points cannot be seen";
            testing::skip("stack::lifecycle::benefits", reason).unwrap_or_else(|error| panic!("{error}"));
        }
        self.benefits.as_ref()
    }
}

/// What the stack calls.
struct Outside {
    stripe: StripeStandIn,
    wallets: WalletsStandIn,
    benefits: Option<BenefitsService>,
}

/// Why there is no stack.
enum Missing {
    /// Something is not installed here, or the stack that was given is of another kind.
    Skip(String),
    /// It should have worked.
    Broken(String),
}

impl<E: std::error::Error> From<E> for Missing {
    fn from(error: E) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Runs a case beside others.
pub fn beside_others<F: AsyncFnOnce(&Local)>(case: F) {
    run::<F>(1, async |local, _place| case(local).await);
}

/// Runs a case that disturbs others: it waits until they are done, and they wait for it.
pub fn alone<F: AsyncFnOnce(&Local)>(case: F) {
    run::<F>(ROOM, async |local, _places| case(local).await);
}

/// Runs a case whose first part disturbs others; its second part runs beside them.
pub fn alone_at_first<T, F: AsyncFnOnce(&Local) -> T>(first: F, second: impl AsyncFnOnce(&Local, T)) {
    run::<F>(ROOM, async |local, mut places| {
        let result = first(local).await;
        let _place = places.split(1);
        drop(places);
        second(local, result).await;
    });
}

/// `F` is what the test itself wrote. Places are given in the order of the tests' start, which is why those that run alone come
/// first and in a row: nobody then waits for the slowest of the others.
fn run<F>(places: u32, case: impl AsyncFnOnce(&Local, SemaphorePermit<'static>)) {
    RUNTIME.block_on(async {
        let places = PLACES.acquire_many(places).await.unwrap();
        match LOCAL.get_or_init(start_or_say).await {
            Ok(local) => case(local, places).await,
            Err(missing) => cannot_run::<F>(missing),
        }
    });
}

/// Runs a case that needs nothing but an API: on the stack that [`testing::STACK`] names, else on the shared one.
pub fn anywhere<F: AsyncFnOnce(&World)>(case: F) {
    static GIVEN: OnceCell<World> = OnceCell::const_new();
    let Some(path) = std::env::var_os(testing::STACK) else {
        return beside_others(async |local: &Local| case(local).await);
    };
    RUNTIME.block_on(async {
        let read = async || World::new(StackFile::read(&PathBuf::from(path)).unwrap(), Signer::Own);
        let world = GIVEN.get_or_init(read).await;
        let _place = PLACES.acquire().await.unwrap();
        case(world).await;
    });
}

/// Does `undo` also when `work` fails, so that one broken test does not break those after it.
pub async fn restoring<T>(work: impl Future<Output = T>, undo: impl Future<Output = ()>) -> T {
    let result = AssertUnwindSafe(work).catch_unwind().await;
    undo.await;
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

/// On a build machine a skip is a failure.
fn cannot_run<F>(missing: &Missing) {
    // The case's own closure knows where it was written: `it::stack::lifecycle::paid::split::{{closure}}`.
    let name = type_name::<F>().trim_start_matches("it::").trim_end_matches("::{{closure}}");
    match missing {
        Missing::Skip(reason) => testing::skip(name, reason).unwrap_or_else(|error| panic!("{error}")),
        Missing::Broken(error) => panic!("the shared stack did not start: {error}"),
    }
}

async fn start_or_say() -> Result<Local, Missing> {
    let layout = Layout::named(testing::WHOLE_STACK);
    let python =
        std::env::var_os(testing::PYTHON).map(PathBuf::from).or_else(|| python::ready(&layout, Purpose::Tests));
    let Some(python) = python else {
        let what =
            "the local engine and the providers' Python packages are not installed; `cargo local test` installs them";
        return Err(Missing::Skip(what.to_owned()));
    };
    let mut home = layout.home().to_owned();
    let (file, Outside { stripe, wallets, benefits }) = match std::env::var_os(testing::STACK).map(PathBuf::from) {
        Some(path) => {
            home = path.parent().unwrap_or(&home).to_owned();
            given(StackFile::read(&path)?).await?
        }
        None => own(&layout).await?,
    };
    let engine = Engine::new(&file);
    let world = World::new(file, Signer::Sdk(Sdk::start(&python)?));
    Ok(Local { world, stripe, wallets, benefits, engine, home })
}

async fn own(layout: &Layout) -> Result<(StackFile, Outside), Missing> {
    let secrets = stack::secrets(layout)?;
    let stripe = StripeStandIn::start(0, &secrets.stripe_api_key).await?;
    let wallets = WalletsStandIn::start(0, Providers::of_local(&secrets, |_| String::new())).await?;
    let benefits = BenefitsService::start(0, secrets.benefits.clone(), Stock::default()).await?;
    let settings = Settings::parse(&[
        PAYMENT_WINDOW,
        REVIEW_ABOVE,
        CAPTURE_WHEN,
        DEPOSITS,
        RESPONSE_WINDOW,
        LOOKOUT,
        &format!("providers.stripe.api_base={}", stripe.url()),
        &format!("providers.wechatpay.api_base={}", wallets.url()),
        &format!("providers.alipay.api_base={}", wallets.url()),
        &format!("providers.adyen.api_base={}", wallets.url()),
        &format!("providers.paypal.api_base={}", wallets.url()),
        &format!("benefits.url={}", benefits.url()),
    ])?;
    let outside = Outside { stripe, wallets, benefits: Some(benefits) };
    Ok((testing::stack(testing::WHOLE_STACK, settings).await?, outside))
}

/// A stack that is up already serves if it is a local one whose calls to providers can be answered here.
async fn given(file: StackFile) -> Result<(StackFile, Outside), Missing> {
    if file.engine_url.is_none() {
        return Err(Missing::Skip(format!("{} names a stack without a local engine", testing::STACK)));
    }
    let port = |base: &str| base.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default();
    let stripe = StripeStandIn::start(port(&file.providers.stripe.api_base), &file.providers.stripe.api_key).await?;
    let wallets = WalletsStandIn::start(port(&file.providers.wechatpay.api_base), file.providers.clone()).await?;
    Ok((file, Outside { stripe, wallets, benefits: None }))
}
