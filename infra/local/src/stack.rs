//! `up` from beginning to end: engine, functions, deployment, catalogue, `stack.json`. What the command does, and what the
//! whole-stack tests do on a port of their own.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::clients::Clients;
use crate::digest::sha256_hex;
use crate::engine::{self, DEFAULT_PORT, Deployed, EngineState, Lifetime, Roles};
use crate::error::{LocalError, Result};
use crate::layout::Layout;
use crate::package::{self, Uploader};
use crate::progress::Progress;
use crate::python::Purpose;
use crate::secrets::Secrets;
use crate::settings::{self, Settings};
use crate::stack_file::StackFile;
use crate::template::Template;
use crate::{bootstraps, deploy, python, seed};

/// Above these an order is looked at by a person, unless chosen otherwise: on AWS the default is not to.
const REVIEW_THRESHOLD: &str = "CNY=5000.00,USD=1000.00";

/// What is wanted of a stack.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The engine's port; none takes the one that it runs on, or the default.
    pub port: Option<u16>,
    /// Begin with an engine that remembers nothing.
    pub fresh: bool,
    /// Where the functions come from.
    pub functions: Functions,
    /// What differs from the defaults.
    pub settings: Settings,
    /// How long the engine lives, if one is started.
    pub lifetime: Lifetime,
    /// What it makes of the roles' policies, if one is started.
    pub roles: Roles,
    /// Where its functions find AWS, if one is started; none is the engine itself.
    pub endpoint: Option<String>,
}

/// Where the functions come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Functions {
    /// Built quickly, with the profile of the daily loop.
    #[default]
    Dev,
    /// Built for speed, as they are deployed to AWS.
    Release,
    /// As they lie in `target/lambda`, built before or by another tool.
    Staged,
}

/// A stack that is up.
#[derive(Clone, Debug)]
pub struct Up {
    /// Addresses and credentials.
    pub file: StackFile,
    /// Whether anything had to be done.
    pub changed: bool,
}

/// Brings the stack up as wanted; quick if it already is. The engine goes on running afterwards.
///
/// # Errors
/// Anything in the way, each with what to do about it.
pub async fn up(layout: &Layout, options: &Options, progress: Progress) -> Result<Up> {
    let _lock = lock(layout)?;
    // What would fail after minutes of building fails first.
    let target = Target::find(layout, options).await?;
    python::check(layout, Purpose::Engine)?;
    let python = prepare_python_beside(layout, progress);
    match options.functions {
        Functions::Dev => bootstraps::build(layout, false, progress)?,
        Functions::Release => bootstraps::build(layout, true, progress)?,
        Functions::Staged => {}
    }
    let interpreter = python.wait(layout, progress).await?;
    let mut state = target.ensure(layout, &interpreter, options, progress).await?;
    let up = deploy_to(layout, options, &mut state, progress).await?;
    seed_once(layout, &up.file, &mut state, progress).await?;
    up.file.write(&layout.stack_file())?;
    Ok(up)
}

/// Stops the stack. False if none ran.
///
/// # Errors
/// The engine does not end.
pub async fn down(layout: &Layout, progress: Progress) -> Result<bool> {
    let _lock = lock(layout)?;
    if EngineState::read(layout).is_none() {
        return Ok(false);
    }
    let step = progress.step("Stopping the engine");
    let ran = engine::stop(layout).await?;
    step.done(if ran { "stopped" } else { "it had already ended" });
    Ok(ran)
}

/// The address that a stack on this port takes for Stripe's API unless told otherwise: where the stand-in listens.
pub fn default_stripe_api_base(port: u16) -> String {
    engine::url(stand_in_port(port))
}

/// The stand-in for Stripe's API has the port after the engine's.
pub fn stand_in_port(engine_port: u16) -> u16 {
    engine_port.checked_add(1).unwrap_or(DEFAULT_PORT)
}

/// The stand-in for the wallets has the one after that.
pub fn wallets_port(engine_port: u16) -> u16 {
    engine_port.checked_add(2).unwrap_or(DEFAULT_PORT)
}

/// The secrets of this stack, made if there are none yet.
///
/// # Errors
/// They cannot be kept.
pub fn secrets(layout: &Layout) -> Result<Secrets> {
    let home = layout.home();
    std::fs::create_dir_all(home).map_err(LocalError::io(format!("creating {}", home.display())))?;
    Secrets::kept_at(&layout.secrets())
}

/// Two commands at once would each start an engine. Held until dropped; the second waits.
fn lock(layout: &Layout) -> Result<File> {
    let home = layout.home();
    std::fs::create_dir_all(home).map_err(LocalError::io(format!("creating {}", home.display())))?;
    let path = home.join("lock");
    let context = format!("locking {}", path.display());
    let file = File::create(&path).map_err(LocalError::io(context.clone()))?;
    file.lock().map_err(LocalError::io(context))?;
    Ok(file)
}

/// The Python environment in the making, while the functions are built: the one waits for the network, the other computes.
struct PythonInTheMaking(tokio::task::JoinHandle<Result<PathBuf>>);

fn prepare_python_beside(layout: &Layout, progress: Progress) -> PythonInTheMaking {
    if python::ready(layout, Purpose::Engine).is_none() {
        progress.say("Installing the engine into target/local/venv, the first time only …");
    }
    let layout = layout.clone();
    PythonInTheMaking(tokio::task::spawn_blocking(move || python::prepare(&layout, Purpose::Engine)))
}

impl PythonInTheMaking {
    async fn wait(self, layout: &Layout, progress: Progress) -> Result<PathBuf> {
        let step = python::ready(layout, Purpose::Engine)
            .is_none()
            .then(|| progress.step("Waiting for the engine's installation"));
        let interpreter = self.0.await.map_err(LocalError::engine("installing the engine"))??;
        if let Some(step) = step {
            step.done("installed");
        }
        Ok(interpreter)
    }
}

/// The engine that the stack goes to.
enum Target {
    /// One that runs and keeps its state.
    Running(EngineState),
    /// One to be started, in the place of any that is there.
    New { port: u16 },
}

impl Target {
    async fn find(layout: &Layout, options: &Options) -> Result<Self> {
        let running = engine::running(layout).await;
        if let Some(state) = &running
            && let Some(port) = options.port.filter(|port| *port != state.port)
        {
            return Err(LocalError::blocked(
                format!("a stack is already up on port {}", state.port),
                format!(
                    "use it (leave out `--port`), or end it first: `cargo local down`, then `cargo local up --port {port}`"
                ),
            ));
        }
        let kept = running.as_ref().map(|state| state.port);
        match running {
            Some(state) if !options.fresh => Ok(Self::Running(state)),
            Some(_) | None => {
                let port = options.port.or(kept).unwrap_or(DEFAULT_PORT);
                // An engine of ours that lives and no longer answers holds the port; it is ended before the new one starts.
                if !engine::lives(layout) {
                    engine::check_port(port)?;
                }
                Ok(Self::New { port })
            }
        }
    }

    async fn ensure(
        self,
        layout: &Layout,
        interpreter: &Path,
        options: &Options,
        progress: Progress,
    ) -> Result<EngineState> {
        match self {
            Self::Running(state) => Ok(state),
            Self::New { port } => {
                engine::stop(layout).await?;
                let step = progress.step("Starting the engine");
                let endpoint = options.endpoint.as_deref();
                let state = engine::start(layout, interpreter, port, options.lifetime, options.roles, endpoint).await?;
                step.done(&state.url());
                Ok(state)
            }
        }
    }
}

async fn deploy_to(layout: &Layout, options: &Options, state: &mut EngineState, progress: Progress) -> Result<Up> {
    let clients = Clients::new(&state.url());
    let template = Template::read(&layout.template())?;
    let artifacts = package::name_all(template.local_paths()).await?;
    let packaged = template.packaged(|path| {
        let artifact = artifacts.iter().find(|artifact| artifact.path == path)?;
        Some((package::BUCKET.to_owned(), artifact.key.clone()))
    })?;
    let secrets = secrets(layout)?;
    let chosen = parameters(options, &template, state.port);
    let wanted = Deployed {
        fingerprint: fingerprint(&packaged, &chosen, &secrets)?,
        settings: options.settings.clone(),
        artifacts: artifacts.iter().map(|artifact| artifact.key.clone()).collect(),
    };
    let changed = state.deployed.as_ref().is_none_or(|deployed| deployed.fingerprint != wanted.fingerprint);
    if changed {
        let step = progress.step("Uploading the functions");
        let uploader = Uploader::new(&state.url(), &layout.packages()).await?;
        let sent = uploader.upload_all(&artifacts, |done| step.note(&format!("{done} of {}", artifacts.len()))).await?;
        let template_url = uploader.upload_template(&packaged).await?;
        step.done(&format!("{sent} of {} artifacts were new", artifacts.len()));
        let step = progress.step("Deploying infra/template.yaml");
        let mut given = secrets.put_into(&clients.secrets).await?;
        given.extend(chosen.clone());
        let outcome =
            deploy::deploy(&clients.cloudformation, &template_url, &given, |status| step.note(status)).await?;
        let before = state.deployed.as_ref().map(|deployed| deployed.artifacts.clone()).unwrap_or_default();
        uploader.keep_only(&artifacts, &before).await;
        step.done(outcome.word());
    }
    let (resources, outputs) =
        tokio::try_join!(deploy::resources(&clients.cloudformation), deploy::outputs(&clients.cloudformation))?;
    let api_base = |provider: &str| settings::api_base(&chosen, provider);
    let file = StackFile::of_local(state.port, &secrets, api_base, &resources, outputs)?;
    if changed {
        let step = progress.step("Waiting for the API");
        seed::wait_for_api(&file).await?;
        step.done("it answers");
        state.deployed = Some(wanted);
        state.write(layout)?;
    }
    Ok(Up { file, changed })
}

async fn seed_once(layout: &Layout, file: &StackFile, state: &mut EngineState, progress: Progress) -> Result<()> {
    let catalogue = seed::fingerprint();
    if state.seeded.as_ref() == Some(&catalogue) {
        return Ok(());
    }
    let step = progress.step("Seeding catalogue, stock and locations");
    let entries = seed::seed(file, |done, all| step.note(&format!("{done} of {all}"))).await?;
    step.done(&format!("{entries} entries"));
    state.seeded = Some(catalogue);
    state.write(layout)
}

/// Where buyers go after a payment that the stack has begun: nobody is there.
pub const RETURN_HOST: &str = "shop.example";

/// What the template is given besides the secrets' ARNs.
fn parameters(options: &Options, template: &Template, port: u16) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = [
        ("Stage", "local".to_owned()),
        ("Architecture", architecture().to_owned()),
        ("ReviewThreshold", REVIEW_THRESHOLD.to_owned()),
        ("StripeApiBase", default_stripe_api_base(port)),
        ("WechatpayApiBase", engine::url(wallets_port(port))),
        ("AlipayApiBase", engine::url(wallets_port(port))),
        ("AdyenApiBase", engine::url(wallets_port(port))),
        ("PaypalApiBase", engine::url(wallets_port(port))),
        ("StartPayments", "stripe,wechatpay,alipay,adyen,paypal".to_owned()),
        ("PaymentReturnHosts", RETURN_HOST.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .filter(|(name, _)| template.has_parameter(name))
    .collect();
    parameters.extend(options.settings.parameters());
    parameters
}

/// As AWS names this machine's.
fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }
}

/// Of all that a deployment depends on. The ARNs are left out: they are new for each engine, whose state this is kept in.
fn fingerprint(packaged: &str, parameters: &BTreeMap<String, String>, secrets: &Secrets) -> Result<String> {
    let all =
        serde_json::to_vec(&(packaged, parameters, secrets)).map_err(LocalError::engine("comparing deployments"))?;
    Ok(sha256_hex(&all))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::path::PathBuf;

    use super::{Options, parameters};
    use crate::settings::Settings;
    use crate::template::Template;

    fn template() -> Template {
        let text = "Parameters: {Stage: {}, StripeApiBase: {}, ReviewThreshold: {}}\nResources: {}";
        Template::parse(text, PathBuf::new()).unwrap()
    }

    #[test]
    fn the_stand_in_has_the_port_after_the_engines() {
        let parameters = parameters(&Options::default(), &template(), 4600);
        assert_eq!(parameters["StripeApiBase"], "http://127.0.0.1:4601");
        assert_eq!(parameters["Stage"], "local");
        assert!(!parameters.contains_key("Architecture"), "the template has no such parameter");
    }

    #[test]
    fn a_choice_wins_over_the_local_default() {
        let settings =
            Settings::parse(&["order.review_threshold=", "providers.stripe.api_base=http://127.0.0.1:9"]).unwrap();
        let parameters = parameters(&Options { settings, ..Options::default() }, &template(), 4600);
        assert_eq!(parameters["ReviewThreshold"], "");
        assert_eq!(parameters["StripeApiBase"], "http://127.0.0.1:9");
    }
}
