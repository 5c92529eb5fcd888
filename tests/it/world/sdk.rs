//! Signatures. On the local engine they come from code that is not ours: the packages `stripe` and `standardwebhooks` of
//! PyPI, in `tests/it/sdk`. A smoke run against a deployed stack needs no Python and signs with the local command's code.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use local_stack::{clock, signing};
use serde_json::{Value, json};

/// Who signs.
pub enum Signer {
    /// The local command's own code.
    Own,
    /// The providers' own packages.
    Sdk(Sdk),
}

/// The providers' own packages, in two Python processes that end with this one.
pub struct Sdk {
    stripe: Script,
    standard: Script,
}

struct Script(Mutex<Lines>);

struct Lines {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    _child: Child,
}

impl Sdk {
    /// Starts both with this Python.
    pub fn start(python: &Path) -> std::io::Result<Self> {
        Ok(Self {
            stripe: Script::start(python, "stripe_sign.py")?,
            standard: Script::start(python, "standard_webhooks_sign.py")?,
        })
    }
}

impl Script {
    fn start(python: &Path, name: &str) -> std::io::Result<Self> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("it/sdk").join(name);
        let mut child = Command::new(python).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Ok(Self(Mutex::new(Lines { to, from, _child: child })))
    }

    /// One request, one answer. A script that has died says why on standard error.
    fn ask(&self, request: &Value) -> Value {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(lines.to, "{request}").unwrap();
        lines.to.flush().unwrap();
        let mut answer = String::new();
        lines.from.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("the provider's own package did not answer"))
    }
}

impl Signer {
    /// The value of `Stripe-Signature`.
    pub fn stripe(&self, secret: &str, body: &str) -> String {
        let now = clock::now().as_second();
        match self {
            Self::Own => signing::stripe(secret, now, body.as_bytes()),
            Self::Sdk(sdk) => {
                let request = json!({ "mode": "sign", "payload": body, "secret": secret, "timestamp": now });
                sdk.stripe.ask(&request)["header"].as_str().unwrap().to_owned()
            }
        }
    }

    /// Whether the package of Standard Webhooks takes a message for genuine, which has its three headers in this order: id,
    /// timestamp, signature.
    pub fn is_genuine(&self, secret: &str, headers: [&str; 3], body: &str) -> bool {
        let Self::Sdk(sdk) = self else { panic!("only the package itself can tell") };
        let [id, timestamp, signature] = headers;
        let request = json!({
            "mode": "verify", "id": id, "timestamp": timestamp, "signature": signature, "payload": body, "secret": secret,
        });
        sdk.standard.ask(&request)["verified"] == true
    }

    /// The headers of Standard Webhooks.
    pub fn standard(&self, secret: &str, id: &str, body: &str) -> Vec<(&'static str, String)> {
        let now = clock::now().as_second();
        match self {
            Self::Own => signing::standard_webhook(secret, id, now, body.as_bytes()).unwrap().into(),
            Self::Sdk(sdk) => {
                let request = json!({ "mode": "sign", "id": id, "payload": body, "secret": secret, "timestamp": now });
                let signature = sdk.standard.ask(&request)["signature"].as_str().unwrap().to_owned();
                vec![
                    ("webhook-id", id.to_owned()),
                    ("webhook-timestamp", now.to_string()),
                    ("webhook-signature", signature),
                ]
            }
        }
    }
}
