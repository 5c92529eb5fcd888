//! The wallets' APIs on one port of loopback: their paths differ.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{any, post};

use super::books::Books;
use super::{Wallet, adyen, alipay, paypal, wechatpay};
use crate::clock;
use crate::error::Result;
use crate::stack_file::Providers;
use crate::stand_in::{self, Port};

/// The running stand-in: its [`Port`] and its books. It ends when this is dropped.
#[derive(Debug)]
pub struct WalletsStandIn {
    port: Port,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    who: Providers,
    wechatpay: Mutex<Books>,
    alipay: Mutex<Books>,
    adyen: Mutex<Books>,
    paypal: Mutex<Books>,
}

impl WalletsStandIn {
    /// Listens on this port of 127.0.0.1, or on a free one for 0, for the shop that these providers know.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(port: u16, who: Providers) -> Result<Self> {
        let books = || Mutex::new(Books::new(clock::now().as_millisecond()));
        let shared = Arc::new(Shared { who, wechatpay: books(), alipay: books(), adyen: books(), paypal: books() });
        let app = Router::new()
            .route("/v3/{*path}", any(wechatpay_api))
            .route("/gateway.do", post(alipay_api))
            .route("/v71/{*path}", any(adyen_api))
            .route("/v1/oauth2/token", post(paypal_api))
            .route("/v2/payments/{*path}", any(paypal_api))
            .route("/v2/checkout/{*path}", any(paypal_api))
            .with_state(shared.clone());
        let port = Port::open(port, "the stand-in for WeChat Pay, Alipay, Adyen and PayPal", app).await?;
        Ok(Self { port, shared })
    }

    /// Looks into a wallet's books, or changes them: lets the buyer pay.
    pub fn with<T>(&self, wallet: Wallet, look: impl FnOnce(&mut Books) -> T) -> T {
        self.shared.with(wallet, look)
    }
}

impl Deref for WalletsStandIn {
    type Target = Port;

    fn deref(&self) -> &Port {
        &self.port
    }
}

impl Shared {
    fn with<T>(&self, wallet: Wallet, look: impl FnOnce(&mut Books) -> T) -> T {
        let books = match wallet {
            Wallet::Wechatpay => &self.wechatpay,
            Wallet::Alipay => &self.alipay,
            Wallet::Adyen => &self.adyen,
            Wallet::Paypal => &self.paypal,
        };
        look(&mut stand_in::lock(books))
    }
}

async fn wechatpay_api(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let path = uri.path_and_query().map(|path| path.as_str()).unwrap_or_default();
    let request = wechatpay::Request { method: method.as_str(), path, headers: &headers, body: &body };
    let of = &shared.who.wechatpay;
    let (status, answer) = shared.with(Wallet::Wechatpay, |books| wechatpay::answer(of, books, &request));
    let body = if answer.is_null() { String::new() } else { answer.to_string() };
    match wechatpay::signature(of, &body) {
        Ok(signature) => respond(status, &signature, body),
        Err(error) => respond(500, &[], error.to_string()),
    }
}

async fn alipay_api(State(shared): State<Arc<Shared>>, uri: Uri, body: String) -> Response {
    let of = &shared.who.alipay;
    let answer = shared.with(Wallet::Alipay, |books| alipay::answer(of, books, uri.query().unwrap_or_default(), &body));
    match answer {
        Ok(text) => respond(200, &[], text),
        Err(error) => respond(500, &[], error.to_string()),
    }
}

async fn adyen_api(
    State(shared): State<Arc<Shared>>,
    method: Method,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let (of, asked) = (&shared.who.adyen, (method.as_str(), path.as_str()));
    let (status, answer) = shared.with(Wallet::Adyen, |books| adyen::answer(of, books, asked, &headers, &body));
    respond(status, &[], answer.to_string())
}

async fn paypal_api(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let (of, asked) = (&shared.who.paypal, (method.as_str(), uri.path()));
    let (status, answer) = shared.with(Wallet::Paypal, |books| paypal::answer(of, books, asked, &headers, &body));
    respond(status, &[], if answer.is_null() { String::new() } else { answer.to_string() })
}

fn respond(status: u16, headers: &[(&'static str, String)], body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(*name, value);
        }
    }
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::WalletsStandIn;
    use crate::http;
    use crate::secrets::Secrets;
    use crate::stack_file::Providers;
    use crate::wallets::Wallet;

    #[tokio::test]
    async fn what_the_shop_has_not_signed_is_refused_and_remembered() {
        let folder = std::env::temp_dir().join(format!("waybill-wallets-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let secrets = Secrets::kept_at(&folder.join("secrets.json")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let stand_in = WalletsStandIn::start(0, Providers::of_local(&secrets, |_| String::new())).await.unwrap();
        let client = http::client().unwrap();
        for wallet in Wallet::ALL {
            let trade = stand_in.with(wallet, |books| {
                books.begin("reference", 100);
                books.pay("reference").unwrap()
            });
            let (path, body) = match wallet {
                Wallet::Wechatpay => {
                    let amount = r#""amount":{"refund":100,"total":100,"currency":"CNY"}"#;
                    let body = format!(r#"{{"transaction_id":"{}","out_refund_no":"r1",{amount}}}"#, trade.id);
                    ("/v3/refund/domestic/refunds".to_owned(), body)
                }
                Wallet::Alipay => {
                    let content =
                        format!(r#"{{"trade_no":"{}","refund_amount":"1.00","out_request_no":"r1"}}"#, trade.id);
                    let path = "/gateway.do?app_id=9021000000000001&method=alipay.trade.refund";
                    (path.to_owned(), format!("biz_content={content}"))
                }
                Wallet::Adyen => {
                    let amount = r#""amount":{"value":100,"currency":"CNY"},"reference":"r1""#;
                    let body = format!(r#"{{"merchantAccount":"LocalShopCOM",{amount}}}"#);
                    (format!("/v71/payments/{}/refunds", trade.id), body)
                }
                Wallet::Paypal => {
                    let amount = r#""amount":{"value":"1.00","currency_code":"CNY"}"#;
                    let body = format!(r#"{{{amount},"custom_id":"r1","invoice_id":"r1"}}"#);
                    (format!("/v2/payments/captures/{}/refund", trade.id), body)
                }
            };
            let answer = client.post(format!("{}{path}", stand_in.url())).body(body).send().await.unwrap();
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            match wallet {
                Wallet::Wechatpay | Wallet::Adyen | Wallet::Paypal => assert_eq!(status, 401, "{text}"),
                Wallet::Alipay => assert!(text.contains("isv.invalid-signature"), "{text}"),
            }
            stand_in.with(wallet, |books| {
                assert_eq!((books.refunds_of(&trade.id).count(), books.violations().len()), (0, 1));
            });
        }
    }

    #[test]
    fn a_promise_is_taken_once_or_given_back() {
        let mut books = super::Books::new(1);
        let first = books.begin("first", 100);
        assert!(books.take(&first.id, "c1", 100).is_err(), "nothing is promised");
        books.promise("first").unwrap();
        assert!(books.take(&first.id, "c1", 101).is_err());
        let (taken, is_new) = books.take(&first.id, "c1", 60).unwrap();
        assert!(is_new && !books.take(&first.id, "c1", 60).unwrap().1);
        assert!(books.take(&first.id, "c2", 40).is_err());
        assert_eq!(books.void(&first.id), Some(false));
        let (_, number) = taken.taken.unwrap();
        assert!(books.send_back(&number, "r1", 61).is_err());
        assert!(books.send_back(&number, "r1", 60).unwrap().1);
        let second = books.begin("second", 100);
        books.promise("second").unwrap();
        assert_eq!(books.void(&second.id), Some(true));
        assert!(books.take(&second.id, "c3", 100).is_err());
        assert_eq!(books.violations().len(), 2);
    }

    #[tokio::test]
    async fn a_number_is_one_refund_and_no_more_goes_back_than_came_in() {
        let mut books = super::Books::new(1);
        books.begin("reference", 100);
        let trade = books.pay("reference").unwrap();
        assert!(books.send_back(&trade.id, "r1", 60).unwrap().1);
        assert!(!books.send_back(&trade.id, "r1", 60).unwrap().1, "the same refund again");
        assert!(books.send_back(&trade.id, "r1", 50).is_err());
        assert!(books.send_back(&trade.id, "r2", 41).is_err());
        assert!(books.send_back("another", "r3", 1).is_err());
        assert!(books.send_back(&trade.id, "r2", 40).is_ok());
        assert_eq!((books.refunds_of(&trade.id).count(), books.violations().len()), (2, 2));
        assert_eq!((books.close("reference"), books.close("unknown")), (Some(false), None));
        books.begin("unpaid", 1);
        assert_eq!(books.close("unpaid"), Some(true));
        assert!(books.pay("unpaid").is_none());
        // A reference is one trade, however often it is begun.
        let once = books.begin_once("begun", 100).unwrap();
        assert_eq!(books.begin_once("begun", 100), Some(once));
        assert_eq!((books.begin_once("begun", 99), books.begin_once("unpaid", 1)), (None, None));
        assert_eq!(books.violations().len(), 3);
    }
}
