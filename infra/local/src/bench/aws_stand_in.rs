//! An AWS that holds nothing, over TLS as the real one: enough for a function to start, warm its connection and answer once. Its
//! certificate is made here; functions trust it because `SSL_CERT_FILE` names its authority.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::{LocalError, Result};
use crate::wallets;

/// A running stand-in. It ends when this is dropped.
#[derive(Debug)]
pub struct AwsStandIn {
    /// For `AWS_ENDPOINT_URL`.
    pub url: String,
    /// For `SSL_CERT_FILE`.
    pub authority: PathBuf,
    handshakes: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

struct Tls {
    inner: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: Arc<AtomicUsize>,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            // A connection that fails is its client's affair; the next one may not.
            if let Ok((stream, peer)) = self.inner.accept().await
                && stream.set_nodelay(true).is_ok()
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                self.handshakes.fetch_add(1, Ordering::Relaxed);
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl AwsStandIn {
    /// Starts it, with its authority's certificate in this folder. `token` is what callers must show to the functions.
    ///
    /// # Errors
    /// There is no free port, or no certificate can be made.
    pub async fn start(folder: &Path, token: &str) -> Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        std::fs::create_dir_all(folder).map_err(LocalError::io(format!("creating {}", folder.display())))?;
        let authority = folder.join("authority.pem");
        let config = certified(&authority)?;
        let context = "starting the stand-in for AWS";
        let inner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(LocalError::io(context))?;
        let port = inner.local_addr().map_err(LocalError::io(context))?.port();
        let handshakes = Arc::new(AtomicUsize::new(0));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = Tls { inner, acceptor, handshakes: Arc::clone(&handshakes) };
        let token = token.to_owned();
        let app = Router::new().fallback(move |headers: HeaderMap, body: String| answer(headers, body, token.clone()));
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.ok();
        });
        Ok(Self { url: format!("https://127.0.0.1:{port}"), authority, handshakes, task })
    }

    /// TLS handshakes until now.
    pub fn handshakes(&self) -> usize {
        self.handshakes.load(Ordering::Relaxed)
    }
}

impl Drop for AwsStandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A secret of the form that the one who asks for it expects.
fn secret(request: &str, token: &str) -> String {
    // The example key of the Standard Webhooks specification.
    const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let content = if request.contains("order_id_secret") {
        json!({ "key": "5b".repeat(32) })
    } else if request.contains("stripe_secret") {
        json!({ "api_key": "sk_test_bench", "webhook_secrets": [SIGNING] })
    } else if request.contains("wechatpay_secret") {
        wallets::wechatpay::secret("an-api-v3-key-of-32-characters-0")
    } else if request.contains("alipay_secret") {
        wallets::alipay::secret()
    } else if request.contains("adyen_secret") {
        wallets::adyen::secret("AQEbench", &"5b".repeat(32))
    } else if request.contains("paypal_secret") {
        wallets::paypal::secret("EPbench")
    } else if request.contains("standard_carrier_secret") {
        json!({ "webhook_secrets": [SIGNING] })
    } else if request.contains("warehouse_webhook_secret") {
        json!({ "webhook_secret": SIGNING })
    } else {
        json!({ "credentials": [{ "name": "bench", "token": token, "role": "support" }] })
    };
    json!({ "SecretString": content.to_string(), "Name": "bench", "ARN": "arn:bench" }).to_string()
}

/// Every table is empty, every write succeeds.
async fn answer(headers: HeaderMap, request: String, token: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let body = if target.starts_with("secretsmanager") {
        secret(&request, &token)
    } else if target.ends_with(".Query") {
        r#"{"Count":0,"Items":[],"ScannedCount":0}"#.to_owned()
    } else {
        "{}".to_owned()
    };
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
}

/// An authority, which is written down, and a certificate of its for the loopback address.
fn certified(authority: &Path) -> Result<ServerConfig> {
    let wrong = |error: rcgen::Error| LocalError::call("making a certificate", error);
    let mut params = CertificateParams::new(Vec::new()).map_err(wrong)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(wrong)?).map_err(wrong)?;
    std::fs::write(authority, issuer.pem()).map_err(LocalError::io(format!("writing {}", authority.display())))?;
    let key = KeyPair::generate().map_err(wrong)?;
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names).map_err(wrong)?.signed_by(&key, &issuer).map_err(wrong)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .map_err(LocalError::engine("making a certificate"))
}
