//! Beginning a payment at WeChat Pay: an order under our number, as a code to scan (Native), a page to go to (H5), or what a
//! page or mini program inside WeChat invokes (JSAPI).
//!
//! Sources: <https://pay.weixin.qq.com/doc/v3/merchant/4012791877> (Native),
//! <https://pay.weixin.qq.com/doc/v3/merchant/4012791832> (H5), <https://pay.weixin.qq.com/doc/v3/merchant/4012791856>
//! (JSAPI), <https://pay.weixin.qq.com/doc/v3/merchant/4012365340> (the signature of what is invoked).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::Offset;
use oms_app::ports::{NextAction, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::PayerClient;
use serde::{Deserialize, Serialize};
use url::Url;

use super::answer::{Reply, is_success, reason, refusal};
use super::client::WechatpayClient;
use super::fen;
use super::wire::Failure;

/// Times in requests are those of Beijing.
const BEIJING: Offset = Offset::constant(8);

/// A description has at most so many characters, in bytes of UTF-8 fewer than WeChat Pay's 127.
const LONGEST_DESCRIPTION: usize = 40;

#[derive(Serialize)]
struct Body<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: String,
    out_trade_no: &'a str,
    time_expire: String,
    notify_url: &'a str,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<Payer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<Scene<'a>>,
}

#[derive(Serialize)]
struct Amount {
    total: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct Payer<'a> {
    openid: &'a str,
}

#[derive(Serialize)]
struct Scene<'a> {
    payer_client_ip: &'a str,
    h5_info: H5Info,
}

#[derive(Serialize)]
struct H5Info {
    #[serde(rename = "type")]
    kind: &'static str,
}

/// What an answer has: one of the three.
#[derive(Debug, Deserialize)]
struct Begun {
    code_url: Option<String>,
    h5_url: Option<String>,
    prepay_id: Option<String>,
}

/// Our number is WeChat Pay's key: the same order again is answered anew, another under the number is refused.
pub(super) async fn begin(client: &WechatpayClient, request: &StartRequest) -> StartAnswer {
    let prepared = match prepare(client, request) {
        Ok(prepared) => prepared,
        // Never sent, so certainly not begun.
        Err(reason) => return StartAnswer::Refused { reason },
    };
    let path = format!("/v3/pay/transactions/{}", prepared.kind);
    let number = request.payment_reference.as_str();
    let Some(reply) = client.send(Some(prepared.body), &path, "payment start", number).await else {
        return StartAnswer::Unknown;
    };
    match read(&reply) {
        Ok(begun) => match next(client, request, prepared.appid, begun) {
            Some(next) => StartAnswer::Started(Started { provider_payment_id: None, object: None, next }),
            None => StartAnswer::Unknown,
        },
        Err(answer) => answer,
    }
}

struct Prepared<'a> {
    kind: &'static str,
    appid: &'a str,
    body: String,
}

fn prepare<'a>(client: &'a WechatpayClient, request: &'a StartRequest) -> Result<Prepared<'a>, String> {
    let wanted = request.payer.appid.as_deref();
    let appid = match wanted {
        Some(wanted) => client.appids.iter().find(|appid| *appid == wanted).ok_or("payer.appid is none of the shop's"),
        None => client.appids.first().ok_or("no app is configured"),
    }?;
    let notify_url = client.callback_url().ok_or("it has no address to call back: PUBLIC_API_URL is not set")?;
    let (mut payer, mut scene_info) = (None, None);
    let kind = match request.client {
        PayerClient::Web | PayerClient::Qr => "native",
        PayerClient::MobileWeb => {
            let payer_client_ip = request.payer.ip.as_deref().ok_or("payer.ip is needed")?;
            scene_info = Some(Scene { payer_client_ip, h5_info: H5Info { kind: "Wap" } });
            "h5"
        }
        PayerClient::MiniProgram => {
            payer = Some(Payer { openid: request.payer.openid.as_deref().ok_or("payer.openid is needed")? });
            "jsapi"
        }
    };
    let body = Body {
        appid,
        mchid: &client.merchant.mchid,
        description: request.description.chars().take(LONGEST_DESCRIPTION).collect(),
        out_trade_no: request.payment_reference.as_str(),
        time_expire: BEIJING.to_datetime(request.expires_at).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string(),
        notify_url,
        amount: Amount { total: fen(request.amount).map_err(|error| error.to_string())?, currency: "CNY" },
        payer,
        scene_info,
    };
    let body = serde_json::to_string(&body).map_err(|error| error.to_string())?;
    Ok(Prepared { kind, appid, body })
}

fn read(reply: &Reply) -> Result<Begun, StartAnswer> {
    if is_success(reply.status) {
        return serde_json::from_slice(&reply.body).map_err(|_| StartAnswer::Unknown);
    }
    Err(match refusal(reply) {
        // The callback is on its way.
        Some(error) if matches!(error.code.as_str(), "ORDERPAID" | "ORDER_PAID") => {
            let next = NextAction::Wait;
            StartAnswer::Started(Started { provider_payment_id: None, object: None, next })
        }
        Some(error) if is_another(&error) => {
            let why = "this attempt was begun for another client, app or payer";
            StartAnswer::Refused { reason: format!("{why}, open a further attempt ({})", reason(&error)) }
        }
        Some(error) => StartAnswer::Refused { reason: reason(&error) },
        None => StartAnswer::Unknown,
    })
}

/// Whether WeChat Pay has the number with other parameters, and keeps it open with those. The documentation names a code of
/// its own; what merchants are answered, <https://developers.weixin.qq.com/community/pay/doc/000ae86d1049f0625e4cfeeef51800>,
/// is the general one with the message `201 商户订单号重复`.
fn is_another(error: &Failure) -> bool {
    match error.code.as_str() {
        "OUT_TRADE_NO_USED" => true,
        "INVALID_REQUEST" => error.message.contains("商户订单号重复"),
        _ => false,
    }
}

/// What the storefront does with the answer; none when the answer has not what was asked for.
fn next(client: &WechatpayClient, request: &StartRequest, appid: &str, begun: Begun) -> Option<NextAction> {
    match request.client {
        PayerClient::Web | PayerClient::Qr => Some(NextAction::QrCode { url: begun.code_url? }),
        PayerClient::MobileWeb => {
            let mut url = Url::parse(&begun.h5_url?).ok().filter(|url| url.scheme() == "https")?;
            if let Some(back) = &request.return_url {
                url.query_pairs_mut().append_pair("redirect_url", back);
            }
            Some(NextAction::Redirect { url: url.into() })
        }
        PayerClient::MiniProgram => invoke(client, appid, &begun.prepay_id?, client.now()),
    }
}

fn invoke(client: &WechatpayClient, appid: &str, prepay_id: &str, at: Timestamp) -> Option<NextAction> {
    let (seconds, package) = (at.as_second().to_string(), format!("prepay_id={prepay_id}"));
    let (nonce, signature) = match client.merchant.invocation(appid, &seconds, &package) {
        Ok(signed) => signed,
        Err(error) => {
            tracing::error!(provider = "wechatpay", %error, "wechatpay: what is to be invoked is not signed");
            return None;
        }
    };
    let fields = [
        ("appId", appid.to_owned()),
        ("timeStamp", seconds),
        ("nonceStr", nonce),
        ("package", package),
        ("signType", "RSA".to_owned()),
        ("paySign", signature),
    ];
    let fields: BTreeMap<String, String> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Some(NextAction::Invoke { fields })
}
