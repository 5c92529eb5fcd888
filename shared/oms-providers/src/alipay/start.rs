//! Beginning a payment at Alipay: a form that the browser sends (page and wap pay, signed here, without a call), or a code to
//! scan (precreate).
//!
//! Sources: <https://opendocs.alipay.com/open/59da99d0_alipay.trade.page.pay>,
//! <https://opendocs.alipay.com/open/29ae8cb6_alipay.trade.wap.pay>,
//! <https://opendocs.alipay.com/open/8ad49e4a_alipay.trade.precreate>.

use std::collections::BTreeMap;

use oms_app::ports::{NextAction, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::PayerClient;
use serde_json::{Value, json};

use super::answer::{self, Precreated};
use super::client::{AlipayClient, BEIJING, CONTENT};
use super::written;

/// Our number is Alipay's key: a trade is made when the buyer comes, and a number has one.
pub(super) async fn begin(client: &AlipayClient, request: &StartRequest) -> StartAnswer {
    let refused = |reason: &str| StartAnswer::Refused { reason: reason.to_owned() };
    let amount = match written(request.amount) {
        Ok(amount) => amount,
        Err(error) => return refused(&error.to_string()),
    };
    let content = |product_code: Option<&str>| {
        let mut content = json!({
            "out_trade_no": request.payment_reference.as_str(),
            "total_amount": amount,
            "subject": subject(&request.description),
            "time_expire": BEIJING.to_datetime(request.expires_at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        });
        if let (Some(code), Value::Object(fields)) = (product_code, &mut content) {
            fields.insert("product_code".to_owned(), code.into());
        }
        content
    };
    match request.client {
        PayerClient::Web => form(client, request, "alipay.trade.page.pay", &content(Some("FAST_INSTANT_TRADE_PAY"))),
        PayerClient::MobileWeb => form(client, request, "alipay.trade.wap.pay", &content(Some("QUICK_WAP_WAY"))),
        PayerClient::Qr => scan(client, request, &content(None)).await,
        PayerClient::MiniProgram => refused("a mini program of Alipay's is not supported"),
    }
}

/// Alipay takes no special characters in a subject (不可使用特殊字符，如 /，=，& 等), without a list of them, and a channel's order
/// number may have any. One text has one subject, so that a repetition is the same to Alipay.
fn subject(description: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    description.chars().map(|c| if plain(c) { c } else { '-' }).collect()
}

fn begun(next: NextAction) -> StartAnswer {
    StartAnswer::Started(Started { provider_payment_id: None, object: None, next })
}

/// The form is sent by the buyer's browser: what is signed stands in its address, as in our own calls.
fn form(client: &AlipayClient, request: &StartRequest, method: &'static str, content: &Value) -> StartAnswer {
    match client.signed(method, content, &client.addresses(request.return_url.as_deref())) {
        Ok((url, _)) => {
            let fields = BTreeMap::from([(CONTENT.to_owned(), content.to_string())]);
            begun(NextAction::Form { action: url.into(), method: "POST", fields })
        }
        Err(error) => {
            tracing::error!(provider = "alipay", method, %error, "alipay: {method} not signed");
            StartAnswer::Unknown
        }
    }
}

async fn scan(client: &AlipayClient, request: &StartRequest, content: &Value) -> StartAnswer {
    let number = request.payment_reference.as_str();
    let Some(reply) = client.call_with("alipay.trade.precreate", content, &client.addresses(None), number).await else {
        return StartAnswer::Unknown;
    };
    match answer::precreated(&reply, number) {
        Precreated::Code(url) => begun(NextAction::QrCode { url }),
        // The notification is on its way.
        Precreated::Paid => begun(NextAction::Wait),
        Precreated::Refused(reason) => StartAnswer::Refused { reason },
        Precreated::Unknown => StartAnswer::Unknown,
    }
}
