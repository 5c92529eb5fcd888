//! Random steps that concern money: refunds, captures, attempts to pay, and what the provider tells of them.

use oms_domain::body::Provider;
use oms_domain::command::{CallOffAnswered, CaptureAnswered, Command, RefundAnswered, RefundAsk};
use oms_domain::event::RefundLine;
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};
use oms_domain::payment_start::{PayerClient, ends_at};
use oms_domain::status::RefundStatus;

use crate::given;
use crate::steps::{mood, pick};
use crate::world::World;

impl World {
    pub fn ask_refund(&mut self, life: usize, amount: u8, line: u8, quantity: u8) {
        let key = self.new_key();
        let order = &self.lives[life].order;
        let ask = if amount < 128 {
            let units = i64::from(amount) * i64::from(amount);
            RefundAsk::Amount(given::minor(units, order.body.currency))
        } else {
            let lines = &order.body.lines;
            let line_id = lines[line as usize % lines.len()].line_id.clone();
            RefundAsk::Lines(vec![RefundLine { line_id, quantity: u32::from(quantity % 4) }])
        };
        self.say(life, Command::RequestRefund { key, ask, reason: "broken".into(), by: "finance".into() });
    }

    /// A person, or a late answer, on one of the refunds.
    pub fn refund_by_hand(&mut self, life: usize, which: u8, how: u8, m: u8) {
        let ids: Vec<_> = self.lives[life].order.refunds.iter().map(|r| r.id.clone()).collect();
        let Some(refund_id) = pick(&ids, which) else { return };
        let answer = |answer| Command::AnswerRefund { refund_id: refund_id.clone(), answer };
        let command = match how % 9 {
            7 => Command::ApproveRefund {
                refund_id: refund_id.clone(),
                by: ["finance", "manager"][m as usize % 2].into(),
            },
            8 => Command::DeclineRefund { refund_id: refund_id.clone(), reason: "not agreed".into() },
            0 => Command::RetryRefund { refund_id: refund_id.clone() },
            1 => Command::SettleRefund { refund_id: refund_id.clone(), reason: "bank transfer".into() },
            2 => Command::SubmitRefund { refund_id: refund_id.clone() },
            3 => answer(RefundAnswered::Unknown),
            4 => answer(RefundAnswered::Refused { reason: "no".into() }),
            5 => answer(RefundAnswered::NoGateway { reason: "none".into() }),
            _ => {
                let status = self.lives[life].order.refund(&refund_id).unwrap().status;
                if matches!(status, RefundStatus::Submitted | RefundStatus::Unknown | RefundStatus::Approved) {
                    self.send_refund(life, &refund_id, mood(m));
                }
                return;
            }
        };
        self.say(life, command);
    }

    /// A person, or a late answer, on one of the captures.
    pub fn capture_by_hand(&mut self, life: usize, which: u8, how: u8, m: u8) {
        let open: Vec<_> = self.lives[life].order.captures.iter().map(|c| (c.id.clone(), c.status)).collect();
        let Some((capture_id, status)) = pick(&open, which) else { return };
        let answer = |answer| Command::AnswerCapture { capture_id: capture_id.clone(), answer };
        let command = match how % 6 {
            0 => Command::RetryCapture { capture_id },
            1 => Command::WithdrawCapture { capture_id, reason: "given up".into() },
            2 => Command::SubmitCapture { capture_id },
            3 => answer(CaptureAnswered::Unknown),
            4 => answer(CaptureAnswered::Refused { reason: "no".into() }),
            _ => {
                if status.is_in_flight() {
                    self.send_capture(life, &capture_id, mood(m));
                }
                return;
            }
        };
        self.say(life, command);
    }

    pub fn answer_call_off(&mut self, life: usize, which: u8, how: u8) {
        let order = &self.lives[life].order;
        // Nobody answers who was not asked.
        let asked = |p: &&oms_domain::order::Payment| {
            p.provider_payment_id.is_some() && !p.provider.is_promise() && !order.is_collected_by_channel(p)
        };
        let ids: Vec<_> =
            oms_domain::wake::to_call_off(order).filter(asked).map(|p| (p.id.clone(), p.amount)).collect();
        let Some((payment_id, amount)) = pick(&ids, which) else { return };
        let answer = match how % 4 {
            0 => CallOffAnswered::Done,
            1 => CallOffAnswered::Refused { reason: "no".into() },
            2 => CallOffAnswered::Unknown,
            _ => {
                let known = self.lives[life].order.payment(&payment_id).unwrap().provider_payment_id.clone();
                let Some(known) = known else { return };
                self.till.take(&known, amount);
                CallOffAnswered::Captured(amount)
            }
        };
        self.say(life, Command::AnswerCallOff { payment_id, answer });
    }

    /// The provider tells of a refund: one of ours, or one that somebody made in its console.
    pub fn refund_fact(&mut self, life: usize, which: u8, status: u8, elsewhere: u8) {
        let key = self.new_key();
        let order = &self.lives[life].order;
        let status =
            [RefundFactStatus::Succeeded, RefundFactStatus::Failed, RefundFactStatus::Pending][status as usize % 3];
        let refund = pick(&order.refunds, which).filter(|_| elsewhere < 128);
        let payments: Vec<_> = order.payments.iter().filter(|p| p.provider_payment_id.is_some()).cloned().collect();
        let Some(payment) = refund
            .as_ref()
            .map_or_else(|| pick(&payments, which), |r| order.payment(&r.payment_id).cloned())
            .filter(|p| p.provider_payment_id.is_some() && !p.provider.is_promise())
        else {
            return;
        };
        let known = payment.provider_payment_id.clone().unwrap();
        let (refund_id, provider_refund_id, amount) = match refund {
            Some(r) if self.till.knows(&r.id) => {
                if status == RefundFactStatus::Failed {
                    self.till.bounce(r.id.as_str());
                }
                (Some(r.id.clone()), format!("re_{}", r.id), r.amount)
            }
            Some(_) => return,
            None => {
                let amount = payment.captured.split(&[1, 2])[0];
                // Stripe tells the rest of a promise that is let go in the same words.
                if amount.is_positive() && payment.authorized.sub(payment.captured).unwrap() == amount {
                    return;
                }
                let name = format!("console-{life}-{}", elsewhere % 4);
                if status == RefundFactStatus::Succeeded && amount.is_positive() {
                    if order.refundable(&payment).unwrap().compare(amount).unwrap().is_lt() {
                        return;
                    }
                    self.till.refund_elsewhere(&name, &known, amount);
                } else if status == RefundFactStatus::Failed {
                    self.till.bounce(&name);
                }
                (None, name, amount)
            }
        };
        let kind = PaymentFactKind::Refund { refund_id, provider_refund_id, amount, status };
        let (provider, live) = (payment.provider, self.policy.live);
        let fees = Vec::new();
        self.tell(life, PaymentFact { key, provider, provider_payment_id: known, reference: None, live, kind, fees });
    }

    pub fn identify(&mut self, life: usize, n: u8) {
        let order = &self.lives[life].order;
        let declared = &order.body.payments[n as usize % order.body.payments.len()];
        let command = Command::IdentifyPayment {
            provider: declared.provider,
            amount: declared.amount,
            provider_payment_id: format!("{}_{life}_{}", declared.provider.name(), (n / 16) % 4),
        };
        self.say(life, command);
    }

    /// A further attempt: mostly for what a declared one was to bring, through the same provider or another.
    pub fn open(&mut self, life: usize, n: u8, provider: u8) {
        let declared = &self.lives[life].order.body.payments;
        let amount = declared[n as usize % declared.len()].amount;
        let provider = Provider::ALL[provider as usize % Provider::ALL.len()];
        self.say(life, Command::OpenPayment { provider, amount, key: None });
    }

    /// Waybill has begun an attempt, and the provider has answered as that provider does.
    pub fn start(&mut self, life: usize, n: u8, client: u8) {
        let payments = &self.lives[life].order.payments;
        let payment = &payments[n as usize % payments.len()];
        let begun = |name: &str| Some(format!("{name}_{}", payment.reference));
        let (known, object) = match payment.provider {
            Provider::Stripe => (begun("pi"), None),
            Provider::Adyen | Provider::Paypal => (None, begun("object")),
            Provider::Alipay | Provider::Wechatpay | Provider::Cod | Provider::Channel | Provider::GiftCard => {
                (None, None)
            }
        };
        let client = PayerClient::ALL[client as usize % PayerClient::ALL.len()];
        let payment_id = payment.id.clone();
        let expires_at = ends_at(&self.lives[life].order, payment, self.now);
        self.say(life, Command::StartPayment { payment_id, client, provider_payment_id: known, object, expires_at });
    }
}
