//! The stack that is measured: its own engine, on its own port, with nothing between the functions and the engine.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::engine::{self, EngineState, Lifetime};
use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::meter::engine_api::EngineApi;
use crate::meter::processes::{self, CpuTime, Process};
use crate::progress::Progress;
use crate::settings::{REVIEW_THRESHOLD, STRIPE_API_BASE, Settings};
use crate::shop::Shop;
use crate::stack::{self, Functions, Options};
use crate::stripe_api::StripeStandIn;

/// The folder of its files.
pub const HOME: &str = "bench";
/// Units on every shelf that is sold from.
const UNITS: u32 = 1_000_000;
/// How often something awaited is looked for.
const PACE: Duration = Duration::from_millis(200);

/// A stack to be measured. It ends with this process, or with [`Subject::end`].
pub struct Subject {
    layout: Layout,
    /// Everyone around it.
    pub shop: Shop,
    /// Past the functions.
    pub engine: EngineApi,
    pid: u32,
}

impl Subject {
    /// Starts it.
    ///
    /// # Errors
    /// As for [`stack::up`].
    pub async fn start(functions: Functions, progress: Progress) -> Result<Self> {
        let layout = Layout::named(HOME);
        engine::stop(&layout).await?;
        let stripe = StripeStandIn::start(0, &stack::secrets(&layout)?.stripe_api_key).await?;
        let options = Options {
            port: Some(engine::free_port()?),
            fresh: true,
            functions,
            settings: Settings::default().with(STRIPE_API_BASE, &stripe.url())?.with(REVIEW_THRESHOLD, "")?,
            lifetime: Lifetime::ThisProcess,
            ..Options::default()
        };
        let up = stack::up(&layout, &options, progress).await?;
        let lost = || LocalError::Failed("the engine has left no trace of itself".to_owned());
        let pid = EngineState::read(&layout).ok_or_else(lost)?.pid;
        let engine = EngineApi::new(up.file.engine_url.as_deref().unwrap_or_default())?;
        let shop = Shop::new(up.file, stripe)?;
        for sku in ["TEE-M", "TEE-L"] {
            shop.count("sz-1", sku, UNITS).await?;
        }
        Ok(Self { layout, shop, engine, pid })
    }

    /// CPU time of all functions until now, in user and in system mode. Those that have ended are missing, so that it is to be asked
    /// before the engine ends any.
    pub fn functions_cpu(&self) -> CpuTime {
        let times = processes::of_engine(self.pid).into_iter().filter_map(|process| processes::cpu(process.pid));
        times.fold(CpuTime::default(), |sum, time| CpuTime {
            user_ms: sum.user_ms + time.user_ms,
            system_ms: sum.system_ms + time.system_ms,
        })
    }

    /// CPU time of the engine itself.
    pub fn engine_cpu(&self) -> CpuTime {
        processes::cpu(self.pid).unwrap_or_default()
    }

    /// The functions' processes.
    pub fn function_processes(&self) -> Vec<Process> {
        processes::of_engine(self.pid)
    }

    /// Waits until a commit of the order speaks of this event. They are read past the functions, so that looking is none of theirs.
    ///
    /// # Errors
    /// It does not come in time.
    pub async fn until(&self, order_id: &str, event: &str, patience: Duration) -> Result<()> {
        let since = Instant::now();
        while !self.speaks_of(order_id, event).await? {
            if since.elapsed() > patience {
                return Err(LocalError::Failed(format!("{order_id} should come to {event}")));
            }
            tokio::time::sleep(PACE).await;
        }
        Ok(())
    }

    async fn speaks_of(&self, order_id: &str, event: &str) -> Result<bool> {
        let commits = self.engine.commits_of(self.shop.stack.orders_table(), order_id).await?;
        Ok(commits.iter().any(|commit| commit.contains(event)))
    }

    /// Messages of the stimuli queue that wait or are at work.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn waiting(&self) -> Result<u64> {
        let request = json!({ "QueueUrl": self.shop.stack.queues.get("stimuli"), "AttributeNames": [
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
        ] });
        let answer = self.engine.call("AmazonSQS.GetQueueAttributes", &request).await?;
        let counts = answer.get("Attributes").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(counts.values().filter_map(|count| count.as_str()?.parse::<u64>().ok()).sum())
    }

    /// Waits until the queue of stimuli is empty.
    ///
    /// # Errors
    /// It is not worked off in time.
    pub async fn drained(&self, patience: Duration) -> Result<()> {
        let since = Instant::now();
        while self.waiting().await? > 0 {
            if since.elapsed() > patience {
                return Err(LocalError::Failed("the queue is not worked off".to_owned()));
            }
            tokio::time::sleep(PACE).await;
        }
        Ok(())
    }

    /// Stops the engine.
    ///
    /// # Errors
    /// It does not end.
    pub async fn end(self) -> Result<()> {
        engine::stop(&self.layout).await.map(drop)
    }
}
