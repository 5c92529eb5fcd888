//! A metered stack: its own engine on its own port with its own state, the proxy before it, and the steps with their times.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::engine_api::EngineApi;
use super::facts::Facts;
use super::prices::Prices;
use super::proxy::Proxy;
use crate::clock;
use crate::engine::{self, EngineState, Lifetime};
use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::progress::Progress;
use crate::settings::{CAPTURE_WHEN, PAYMENT_WINDOW, REVIEW_THRESHOLD, STRIPE_API_BASE, Settings};
use crate::shop::Shop;
use crate::stack::{self, Functions, Options};
use crate::stack_file::StackFile;
use crate::stripe_api::StripeStandIn;
use crate::template::Template;

/// For how long nothing may move before a step is over: longer than the engine's pollers sleep.
const QUIET: Duration = Duration::from_millis(1_200);
/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// A payment window for orders that are to expire: long enough to be placed in.
const SHORT_WINDOW: &str = "15";
/// The channel whose payments the stack takes when the parcel leaves; it begins them so.
pub const TAKES_LATER: &str = "app";
/// The template's own default, within which no delayed message is sent.
const USUAL_WINDOW: &str = "1800";

/// A step's name and the time in which everything that happens belongs to it, in milliseconds since 1970.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name; none for what is not counted.
    pub name: Option<String>,
    /// From.
    pub from: i64,
    /// To.
    pub to: i64,
}

/// A metered stack. It ends with this process, or with [`Session::end`].
pub struct Session {
    layout: Layout,
    options: Options,
    /// Everyone around it.
    pub shop: Shop,
    /// What was seen.
    pub proxy: Proxy,
    /// Past the proxy.
    pub engine: EngineApi,
    /// The engine's process.
    pub engine_pid: u32,
    /// The template's facts.
    pub facts: Facts,
    /// Prices and assumptions.
    pub prices: Prices,
    queues: Vec<String>,
    steps: Vec<Step>,
    stripe_url: String,
}

impl Session {
    /// Starts it, with the functions from there.
    ///
    /// # Errors
    /// As for [`stack::up`].
    pub async fn start(name: &str, functions: Functions, progress: Progress) -> Result<Self> {
        let layout = Layout::named(name);
        engine::stop(&layout).await?;
        let port = engine::free_port()?;
        let proxy = Proxy::start(&engine::url(port)).await?;
        let stripe = StripeStandIn::start(0, &stack::secrets(&layout)?.stripe_api_key).await?;
        let stripe_url = stripe.url();
        let options = Options {
            port: Some(port),
            fresh: true,
            functions,
            settings: settings(&stripe_url, USUAL_WINDOW)?,
            lifetime: Lifetime::ThisProcess,
            endpoint: Some(proxy.url()),
            ..Options::default()
        };
        let up = stack::up(&layout, &options, progress).await?;
        let state = EngineState::read(&layout)
            .ok_or_else(|| LocalError::Failed("the engine has left no trace of itself".to_owned()))?;
        proxy.knows_engine(state.pid);
        let file = through(&proxy, up.file);
        let template = Template::read(&layout.template())?;
        Ok(Self {
            queues: file.queues.values().cloned().collect(),
            shop: Shop::new(file, stripe)?,
            engine: EngineApi::new(&engine::url(port))?,
            engine_pid: state.pid,
            facts: Facts::of(&template),
            prices: Prices::own()?,
            options,
            layout,
            proxy,
            steps: Vec::new(),
            stripe_url,
        })
    }

    /// Deploys again so that orders expire soon, or in their usual time.
    ///
    /// # Errors
    /// As for [`stack::up`].
    pub async fn expiring_soon(&mut self, soon: bool, progress: Progress) -> Result<()> {
        let window = if soon { SHORT_WINDOW } else { USUAL_WINDOW };
        self.options.settings = settings(&self.stripe_url, window)?;
        let options = Options { fresh: false, functions: Functions::Staged, ..self.options.clone() };
        stack::up(&self.layout, &options, progress).await?;
        Ok(())
    }

    /// One request, and all that follows from it until nothing moves any more.
    ///
    /// # Errors
    /// Those of the request; or it goes on for too long.
    pub async fn step<T>(&mut self, name: &str, act: impl AsyncFnOnce(&Shop) -> Result<T>) -> Result<T> {
        self.timed(Some(name), act).await
    }

    /// The same for what is not to be counted.
    ///
    /// # Errors
    /// As for [`Session::step`].
    pub async fn aside<T>(&mut self, act: impl AsyncFnOnce(&Shop) -> Result<T>) -> Result<T> {
        self.timed(None, act).await
    }

    async fn timed<T>(&mut self, name: Option<&str>, act: impl AsyncFnOnce(&Shop) -> Result<T>) -> Result<T> {
        let from = clock::now().as_millisecond();
        let result = act(&self.shop).await?;
        self.settle().await?;
        let to = clock::now().as_millisecond();
        self.steps.push(Step { name: name.map(str::to_owned), from, to });
        Ok(result)
    }

    /// A step that time brings. The order's row is looked at past the functions, so that looking costs nothing.
    ///
    /// # Errors
    /// It does not come.
    pub async fn step_until(&mut self, name: &str, order_id: &str, status: &str) -> Result<()> {
        let from = clock::now().as_millisecond();
        let since = Instant::now();
        while !self.has_become(order_id, status).await? {
            if since.elapsed() > PATIENCE {
                return Err(LocalError::Failed(format!("{order_id} should become {status}")));
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        self.settle().await?;
        let to = clock::now().as_millisecond();
        self.steps.push(Step { name: Some(name.to_owned()), from, to });
        Ok(())
    }

    /// Whether a commit of the order speaks of that status.
    async fn has_become(&self, order_id: &str, status: &str) -> Result<bool> {
        let commits = self.engine.commits_of(self.shop.stack.orders_table(), order_id).await?;
        Ok(commits.iter().any(|commit| commit.contains(status)))
    }

    /// Waits until no call is under way, none has been for a while, and no queue holds work that can be done now.
    ///
    /// # Errors
    /// It goes on for too long.
    pub async fn settle(&self) -> Result<()> {
        self.settle_within(PATIENCE).await
    }

    /// The same, for as long as that.
    ///
    /// # Errors
    /// As for [`Session::settle`].
    pub async fn settle_within(&self, patience: Duration) -> Result<()> {
        let since = Instant::now();
        loop {
            let quiet = self.proxy.ledger.quiet_for().unwrap_or_default();
            if quiet >= QUIET && self.queues_are_empty().await? {
                return Ok(());
            }
            if since.elapsed() > patience {
                return Err(LocalError::Failed("a step did not come to an end".to_owned()));
            }
            tokio::time::sleep(QUIET.saturating_sub(quiet).max(Duration::from_millis(20))).await;
        }
    }

    /// A step of what was sent with a delay: until then it would fall into somebody else's.
    ///
    /// # Errors
    /// It does not come, or goes on for too long.
    pub async fn late_messages(&mut self) -> Result<()> {
        let from = clock::now().as_millisecond();
        let since = Instant::now();
        while !self.are_all_zero(&["ApproximateNumberOfMessagesDelayed"]).await? {
            if since.elapsed() > PATIENCE {
                return Err(LocalError::Failed("delayed messages do not come".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        self.settle().await?;
        let to = clock::now().as_millisecond();
        self.steps.push(Step { name: Some("late messages".to_owned()), from, to });
        Ok(())
    }

    async fn queues_are_empty(&self) -> Result<bool> {
        self.are_all_zero(&["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]).await
    }

    async fn are_all_zero(&self, attributes: &[&str]) -> Result<bool> {
        for queue in &self.queues {
            let request = json!({ "QueueUrl": queue, "AttributeNames": attributes });
            let answer = self.engine.call("AmazonSQS.GetQueueAttributes", &request).await?;
            let counts = answer.get("Attributes").and_then(Value::as_object).cloned().unwrap_or_default();
            if counts.values().any(|count| count.as_str() != Some("0")) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The steps since the last time.
    pub fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    /// Stops the engine.
    ///
    /// # Errors
    /// It does not end.
    pub async fn end(self) -> Result<()> {
        engine::stop(&self.layout).await.map(drop)
    }
}

/// What differs from the template's defaults: what the engine needs, and for one channel when money is taken.
fn settings(stripe_url: &str, window: &str) -> Result<Settings> {
    Settings::default()
        .with(STRIPE_API_BASE, stripe_url)?
        .with(REVIEW_THRESHOLD, "")?
        .with(CAPTURE_WHEN, &format!("*=provider,{TAKES_LATER}=shipped"))?
        .with(PAYMENT_WINDOW, window)
}

/// Clients of the API go through the proxy too.
fn through(proxy: &Proxy, mut file: StackFile) -> StackFile {
    if let Some(engine) = &file.engine_url {
        file.api_url = file.api_url.replacen(engine.as_str(), &proxy.url(), 1);
    }
    file
}
