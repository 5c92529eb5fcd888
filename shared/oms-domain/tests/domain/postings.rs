//! The ledger: what each event writes into an order's books, and that the books always balance and say what the order says.

use oms_domain::body::{DeclaredStatus, Discount, DiscountKind, OrderBody, Provider};
use oms_domain::command::{Command, RefundAnswered, RefundAsk, Report};
use oms_domain::event::CommitRecord;
use oms_domain::ledger::{self, Account, Balances, Entry, Posting};
use oms_domain::payment::PaymentFactKind;
use oms_domain::status::RefundStatus;

use crate::fees::{captured, fee, told};
use crate::given::{cny, currency, discount, due, line, money, order_of, reference, shirts, shirts_by};
use crate::world::World;

/// `event: account amount, …`, credits with a minus.
fn shown(posting: &Posting) -> String {
    let text = |e: &Entry| {
        let amount = e.debit(posting.currency).unwrap_or_else(|| format!("-{}", e.credit(posting.currency).unwrap()));
        format!("{} {amount}", e.account)
    };
    format!("{}: {}", posting.event, posting.entries.iter().map(text).collect::<Vec<_>>().join(", "))
}

/// All that the first order's commits wrote into its books.
pub fn books(world: &World) -> Vec<String> {
    world.lives[0].records.iter().flat_map(|r| &r.postings).map(shown).collect()
}

const PAID: &str = "payment_captured: captured:stripe 186.00, suspense -186.00";
const SOLD: &str = "order_confirmed: suspense 186.00, sales -198.00, discount 20.00, shipping -8.00";
const UNDONE: &str = "cancellation_requested: suspense -186.00, sales 198.00, discount -20.00, shipping 8.00";

fn ask(world: &mut World, amount: &str) {
    let key = world.new_key();
    world.must(Command::RequestRefund {
        key,
        ask: RefundAsk::Amount(cny(amount)),
        reason: "kindness".into(),
        by: "finance".into(),
    });
}

/// Every refund that waits is sent, and the provider says the same of each.
pub fn send(world: &mut World, answer: &RefundAnswered) {
    let open = |s| matches!(s, RefundStatus::Approved);
    let ids: Vec<_> = world.order().refunds.iter().filter(|r| open(r.status)).map(|r| r.id.clone()).collect();
    for refund_id in ids {
        world.must(Command::SubmitRefund { refund_id: refund_id.clone() });
        world.must(Command::AnswerRefund { refund_id, answer: answer.clone() });
    }
}

pub fn done() -> RefundAnswered {
    RefundAnswered::Succeeded { reference: Some("re_1".into()) }
}

fn release_hold(world: &mut World) {
    let hold_id = world.order().active_holds().next().expect("a hold").id.clone();
    world.must(Command::ReleaseHold { hold_id, reason: "looked at".into() });
}

struct Case {
    name: &'static str,
    body: OrderBody,
    life: fn(&mut World),
    books: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    vec![
        Case { name: "unpaid", body: shirts(), life: |w| w.pass(1_800), books: &[] },
        Case { name: "paid", body: shirts(), life: |w| _ = w.captured("pi_1", cny("186.00")), books: &[PAID, SOLD] },
        Case {
            name: "paid, and the provider keeps a part",
            body: shirts(),
            life: |w| {
                told(w, "pi_1", captured(), &[fee("txn_1 5.70")]);
                told(w, "pi_1", captured(), &[fee("txn_1 5.70")]);
                told(w, "pi_1", PaymentFactKind::Other { name: "a fee given back".into() }, &[fee("txn_2 -1.70")]);
            },
            books: &[
                PAID,
                "fee_charged: captured:stripe -5.70, fee 5.70",
                SOLD,
                "fee_returned: captured:stripe 1.70, fee -1.70",
            ],
        },
        Case {
            name: "refunded in part",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("186.00"));
                ask(w, "6.00");
                send(w, &done());
            },
            books: &[PAID, SOLD, "refund_succeeded: captured:stripe -6.00, refund 6.00"],
        },
        Case {
            name: "a refund that comes back",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("186.00"));
                ask(w, "6.00");
                send(w, &done());
                w.stripe("pi_1", bounced());
            },
            books: &[
                PAID,
                SOLD,
                "refund_succeeded: captured:stripe -6.00, refund 6.00",
                "refund_failed: captured:stripe 6.00, refund -6.00",
            ],
        },
        Case {
            name: "cancelled",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("186.00"));
                w.must(Command::Cancel { reason: "no".into() });
                w.must(Command::Compensate);
                send(w, &done());
            },
            books: &[PAID, SOLD, UNDONE, "refund_succeeded: captured:stripe -186.00, suspense 186.00"],
        },
        Case {
            name: "paid twice",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("186.00"));
                w.captured("pi_2", cny("186.00"));
                w.must(Command::Compensate);
                send(w, &done());
            },
            books: &[PAID, SOLD, PAID, "refund_succeeded: captured:stripe -186.00, suspense 186.00"],
        },
        Case {
            name: "paid too late",
            body: shirts(),
            life: |w| {
                w.pass(1_800);
                w.must(Command::Compensate);
                w.captured("pi_1", cny("186.00"));
                w.must(Command::Compensate);
                send(w, &done());
            },
            books: &[PAID, "refund_succeeded: captured:stripe -186.00, suspense 186.00"],
        },
        Case {
            name: "paid less, and let off",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("180.00"));
                release_hold(w);
            },
            books: &[
                "payment_captured: captured:stripe 180.00, suspense -180.00",
                "order_confirmed: suspense 180.00, sales -198.00, discount 26.00, shipping -8.00",
            ],
        },
        Case {
            name: "paid less, let off, and paid after all",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("180.00"));
                release_hold(w);
                w.captured("pi_1", cny("187.00"));
            },
            books: &[
                "payment_captured: captured:stripe 180.00, suspense -180.00",
                "order_confirmed: suspense 180.00, sales -198.00, discount 26.00, shipping -8.00",
                "payment_captured: captured:stripe 7.00, suspense -1.00, discount -6.00",
            ],
        },
        Case {
            name: "disputed and won",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("186.00"));
                w.stripe("pi_1", PaymentFactKind::Disputed { amount: cny("100.00") });
                w.stripe("pi_1", PaymentFactKind::DisputeWon);
            },
            books: &[
                PAID,
                SOLD,
                "payment_disputed: captured:stripe -100.00, chargeback 100.00",
                "dispute_won: captured:stripe 100.00, chargeback -100.00",
            ],
        },
        Case {
            name: "disputed in another currency",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("186.00"));
                w.stripe("pi_1", PaymentFactKind::Disputed { amount: money("25.00", "USD") });
            },
            books: &[PAID, SOLD, "payment_disputed: captured:stripe -186.00, chargeback 186.00"],
        },
        Case {
            name: "paid twice, and the bank takes one back",
            body: shirts(),
            life: |w| {
                w.captured("pi_1", cny("186.00"));
                w.captured("pi_2", cny("186.00"));
                w.stripe("pi_2", PaymentFactKind::Disputed { amount: cny("186.00") });
            },
            books: &[PAID, SOLD, PAID, "payment_disputed: captured:stripe -186.00, suspense 186.00"],
        },
        Case {
            name: "cash on delivery",
            body: shirts_by(Provider::Cod, DeclaredStatus::Due),
            life: |w| {
                w.shipped(1);
                w.report(1, Report::Delivered);
                w.report(1, Report::Collected { amount: cny("186.00") });
            },
            books: &[
                "order_confirmed: receivable 186.00, sales -198.00, discount 20.00, shipping -8.00",
                "payment_captured: receivable -186.00, captured:cod 186.00",
            ],
        },
        Case {
            name: "collected by the channel",
            body: shirts_by(Provider::Channel, DeclaredStatus::Captured),
            life: |_| {},
            books: &["order_received: captured:channel 186.00, suspense -186.00", SOLD],
        },
        Case {
            name: "tax in the price, points",
            body: with_tax_and_points(true),
            life: |w| _ = w.captured("pi_1", cny("100.00")),
            books: &[
                "payment_captured: captured:stripe 100.00, suspense -100.00",
                "order_confirmed: suspense 100.00, sales -95.00, discount 5.00, points 15.00, tax -25.00",
            ],
        },
        Case {
            name: "tax on top, points",
            body: with_tax_and_points(false),
            life: |w| _ = w.captured("pi_1", cny("125.00")),
            books: &[
                "payment_captured: captured:stripe 125.00, suspense -125.00",
                "order_confirmed: suspense 125.00, sales -120.00, discount 5.00, points 15.00, tax -25.00",
            ],
        },
        Case {
            name: "the second of two payments is on its way",
            body: half_cash(),
            life: |w| _ = w.captured("pi_1", cny("86.00")),
            books: &[
                "payment_captured: captured:stripe 86.00, suspense -86.00",
                "order_confirmed: receivable 100.00, suspense 86.00, sales -198.00, discount 20.00, shipping -8.00",
            ],
        },
    ]
}

fn bounced() -> PaymentFactKind {
    PaymentFactKind::Refund {
        refund_id: None,
        provider_refund_id: "re_1".into(),
        amount: cny("6.00"),
        status: oms_domain::payment::RefundFactStatus::Failed,
    }
}

/// Goods for 120.00 with a coupon on the line and points on the order, and 25.00 of tax.
fn with_tax_and_points(included: bool) -> OrderBody {
    let mut body = order_of(vec![line(1, "TEE-M", 12, cny("10.00"))], Provider::Stripe);
    body.lines[0].discounts = vec![discount(cny("5.00"))];
    body.discounts = vec![Discount { kind: DiscountKind::Points, ..discount(cny("15.00")) }];
    body.tax = cny("25.00");
    body.prices_include_tax = included;
    body.total = if included { cny("100.00") } else { cny("125.00") };
    body.payments[0].amount = body.total;
    body
}

fn half_cash() -> OrderBody {
    let mut body = shirts();
    let part = |provider, amount, n| due(provider, cny(amount), reference(0, n));
    body.payments = vec![part(Provider::Stripe, "86.00", 1), part(Provider::Cod, "100.00", 2)];
    body
}

#[test]
fn every_event_has_its_postings() {
    for case in cases() {
        let mut world = World::with(case.body).placed();
        (case.life)(&mut world);
        assert_eq!(books(&world), case.books, "{}", case.name);
    }
}

#[test]
fn postings_name_the_payment_and_the_refund_on_both_sides() {
    let mut world = World::with(shirts()).paid();
    ask(&mut world, "6.00");
    send(&mut world, &done());
    let refund = world.order().refunds[0].id.to_string();
    let about: Vec<_> = world.lives[0]
        .records
        .iter()
        .flat_map(|r| &r.postings)
        .map(|p| (p.event.as_str(), p.subject.as_deref(), p.reference.as_deref()))
        .collect();
    let payment = world.order().payments[0].id.to_string();
    let expected = [
        ("payment_captured", Some(payment.as_str()), Some("pi_1")),
        ("order_confirmed", None, None),
        ("refund_succeeded", Some(refund.as_str()), Some("re_1")),
    ];
    assert_eq!(about, expected);
}

/// A statement of the provider's has its own name of a fee.
#[test]
fn a_posting_of_a_fee_names_the_payment_and_what_the_provider_calls_the_fee() {
    let mut world = World::with(shirts()).placed();
    told(&mut world, "pi_1", captured(), &[fee("txn_1 5.70")]);
    let posting = world.lives[0].records.iter().flat_map(|r| &r.postings).find(|p| p.event == "fee_charged").unwrap();
    let payment = world.order().payments[0].id.to_string();
    assert_eq!((posting.subject.as_deref(), posting.reference.as_deref()), (Some(payment.as_str()), Some("txn_1")));
}

/// What is stored stays readable: names and numbers as they are written today.
#[test]
fn a_posting_is_stored_in_few_words() {
    let world = World::with(shirts()).paid();
    let posting = world.lives[0].records.iter().flat_map(|r| &r.postings).next().unwrap();
    let text = r#"{"event":"payment_captured","subject":"1","reference":"pi_1","currency":"CNY","entries":[["captured:stripe",18600],["suspense",-18600]]}"#;
    assert_eq!(serde_json::to_string(posting).unwrap().replace(posting.subject.as_deref().unwrap(), "1"), text);
    for wrong in ["captured", "captured:nobody", "cash", ""] {
        assert!(Account::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn amounts_are_decimal_texts_of_their_currency() {
    for (code, minor, text) in [("CNY", 5, "0.05"), ("JPY", 5, "5"), ("KWD", 1_234_567, "1234.567")] {
        let entry = Entry { account: Account::Tax, minor };
        assert_eq!((entry.debit(currency(code)), entry.credit(currency(code))), (Some(text.into()), None));
        let entry = Entry { account: Account::Tax, minor: -minor };
        assert_eq!((entry.debit(currency(code)), entry.credit(currency(code))), (None, Some(text.into())));
    }
}

/// Commits of a version that kept no books: the books are worked out, the same as they would have been written.
#[test]
fn books_of_older_commits_are_worked_out() {
    let mut world = World::with(shirts()).paid();
    ask(&mut world, "6.00");
    send(&mut world, &done());
    let stored = &world.lives[0].records;
    let older: Vec<_> = stored.iter().map(|r| CommitRecord { postings: Vec::new(), ..r.clone() }).collect();
    let flat = |records: &[CommitRecord]| -> Vec<Posting> {
        ledger::history(records).unwrap().iter().flat_map(|list| list.iter().cloned()).collect()
    };
    assert_eq!(flat(&older), flat(stored));
    assert_eq!(flat(&older).len(), 3);
    assert!(ledger::history(&older[1..]).is_err());
    let text = serde_json::to_string(&older[0]).unwrap();
    assert!(!text.contains("postings"), "what moves no money costs nothing");
    assert_eq!(Balances::of(world.order()).sum(), 0);
}
