//! Alipay's gateway, with keys and RSA2: how it signs what it says, and what it makes of a request.
//!
//! Source: <https://opendocs.alipay.com/common/02mse7>.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::form_urlencoded;

use super::books::{Books, Refund, Refused, Trade, cents, yuan};
use super::{APP_ID, OURS, SELLER_ID, Signed, THEIR_PUBLIC_KEY, keys};
use crate::clock;
use crate::error::Result;
use crate::stack_file::Alipay;

type Fields = BTreeMap<String, String>;

/// What the stack is told of itself and of Alipay.
pub fn secret() -> Value {
    json!({
        "app_id": APP_ID, "seller_ids": [SELLER_ID], "app_private_key": OURS, "alipay_public_keys": [THEIR_PUBLIC_KEY],
        "live": false,
    })
}

/// The notification that a trade was paid.
pub(super) fn paid(of: &Alipay, id: &str, trade: &Trade) -> Result<Signed> {
    notification(of, id, trade, &[("trade_status", "TRADE_SUCCESS".to_owned())])
}

/// The notification that a refund has gone through.
pub(super) fn refunded(of: &Alipay, id: &str, trade: &Trade, refund: &Refund) -> Result<Signed> {
    let status = if refund.cents == trade.cents { "TRADE_CLOSED" } else { "TRADE_SUCCESS" };
    let fields = [
        ("trade_status", status.to_owned()),
        ("refund_fee", yuan(refund.cents)),
        ("out_biz_no", refund.number.clone()),
    ];
    notification(of, id, trade, &fields)
}

fn notification(of: &Alipay, id: &str, trade: &Trade, more: &[(&str, String)]) -> Result<Signed> {
    let now = clock::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
    let base = [
        ("app_id", of.app_id.clone()),
        ("seller_id", of.seller_id.clone()),
        ("charset", "utf-8".to_owned()),
        ("version", "1.0".to_owned()),
        ("notify_id", id.to_owned()),
        ("notify_type", "trade_status_sync".to_owned()),
        ("notify_time", now),
        ("out_trade_no", trade.reference.clone()),
        ("trade_no", trade.id.clone()),
        ("total_amount", yuan(trade.cents)),
        ("subject", "T恤 100% + 1 & more=less".to_owned()),
    ];
    let mut fields: Fields = base.iter().chain(more).map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let signature = keys::sign(&of.private_key, &text(&fields))?;
    fields.insert("sign".to_owned(), signature);
    fields.insert("sign_type".to_owned(), "RSA2".to_owned());
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let form = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    Ok(Signed { headers: vec![("content-type", form)], body })
}

/// What the gateway answers, whatever it says: always 200.
pub(super) fn answer(of: &Alipay, books: &mut Books, query: &str, body: &str) -> Result<String> {
    let mut fields: Fields = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    fields.extend(form_urlencoded::parse(body.as_bytes()).into_owned());
    let sign = fields.remove("sign").unwrap_or_default();
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let method = field("method").to_owned();
    let is_genuine = field("app_id") == of.app_id
        && (field("sign_type"), field("charset"), field("version")) == ("RSA2", "utf-8", "1.0")
        && keys::fits(OURS, &text(&fields), &sign);
    let node = if is_genuine {
        let content: Value = serde_json::from_str(field("biz_content")).unwrap_or_default();
        carry_out(books, &method, &content)
    } else {
        books.violation(format!("Alipay would refuse {method}: its signature does not fit"));
        json!({ "code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature" })
    };
    let node = node.to_string();
    let sign = keys::sign(&of.private_key, &node)?;
    Ok(format!(r#"{{"{}_response":{node},"sign":"{sign}"}}"#, method.replace('.', "_")))
}

fn carry_out(books: &mut Books, method: &str, content: &Value) -> Value {
    let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
    match method {
        "alipay.trade.refund" => {
            let cents = cents(text("refund_amount"));
            match books.send_back(text("trade_no"), text("out_request_no"), cents) {
                Ok((refund, is_new)) => done(json!({
                    "trade_no": refund.trade, "fund_change": if is_new { "Y" } else { "N" },
                    "refund_fee": yuan(books.refunds_of(&refund.trade).map(|refund| refund.cents).sum()),
                })),
                Err(Refused::NoTrade) => refused("ACQ.TRADE_NOT_EXIST"),
                Err(Refused::OtherRefund) => refused("ACQ.DISCORDANT_REPEAT_REQUEST"),
                Err(Refused::TooMuch) => refused("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"),
            }
        }
        "alipay.trade.fastpay.refund.query" => match books.refund(text("out_request_no")) {
            Some(refund) => done(json!({
                "trade_no": refund.trade, "out_request_no": refund.number, "refund_amount": yuan(refund.cents),
                "refund_status": "REFUND_SUCCESS",
            })),
            None => done(json!({})),
        },
        "alipay.trade.precreate" => {
            let number = text("out_trade_no");
            match books.begin_once(number, cents(text("total_amount"))) {
                Some(trade) => done(json!({
                    "out_trade_no": number, "qr_code": format!("https://qr.alipay.com/{}", trade.id),
                })),
                None if books.trade(number).is_some_and(|trade| trade.is_paid) => refused("ACQ.TRADE_HAS_SUCCESS"),
                None => refused("ACQ.CONTEXT_INCONSISTENT"),
            }
        }
        "alipay.trade.close" => match books.close(text("out_trade_no")) {
            Some(true) => done(json!({ "out_trade_no": text("out_trade_no") })),
            Some(false) => refused("ACQ.TRADE_STATUS_ERROR"),
            None => refused("ACQ.TRADE_NOT_EXIST"),
        },
        "alipay.trade.query" => match books.trade(text("out_trade_no")) {
            Some(trade) => {
                let status = match (trade.is_paid, trade.is_closed) {
                    (true, _) => "TRADE_SUCCESS",
                    (false, true) => "TRADE_CLOSED",
                    (false, false) => "WAIT_BUYER_PAY",
                };
                done(json!({
                    "trade_no": trade.id, "out_trade_no": trade.reference, "trade_status": status,
                    "total_amount": yuan(trade.cents),
                }))
            }
            None => refused("ACQ.TRADE_NOT_EXIST"),
        },
        _ => json!({ "code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-method" }),
    }
}

fn done(mut node: Value) -> Value {
    if let Some(fields) = node.as_object_mut() {
        fields.insert("code".to_owned(), json!("10000"));
        fields.insert("msg".to_owned(), json!("Success"));
    }
    node
}

fn refused(sub_code: &str) -> Value {
    json!({ "code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "refused by the stand-in" })
}

/// What is signed: decoded pairs in the order of their keys.
fn text(fields: &Fields) -> String {
    fields.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}
