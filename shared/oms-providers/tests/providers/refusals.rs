//! What every provider has to refuse, and what it must not take for more than it is: each case is tried at each of them.
//!
//! Where a case does not exist at a provider, its row names the provider and the provider says why; one that has no answer
//! where it is not expected, or an answer where none is, fails. The ways of a single provider are in a module of its own.

use std::collections::BTreeSet;

use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use oms_domain::body::Provider::{self, Adyen, Alipay, Stripe, Wechatpay};
use oms_domain::id::PaymentReference;
use oms_domain::money::{Currency, Money};
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_providers::callback::{Callback, PaymentCallbackProvider, WhyUnhandled, receive};
use oms_providers::connected::{CONNECTED, Connected};
use oms_providers::error::{Fault, ProviderError};

use crate::subjects::{Delivery, Event, Kind, Lacks, Merchant, SUBJECTS, Signer, Subject};
use crate::support::{REFERENCE, now, only, order, other_case};

/// A provider that is played, and ours that listens to it.
struct Heard {
    subject: &'static dyn Subject,
    listener: Box<PaymentCallbackProvider>,
}

impl Heard {
    fn of(subject: &'static dyn Subject) -> Self {
        let connected = Connected::of(subject.provider()).unwrap();
        Self { subject, listener: connected.callbacks(&subject.secret()).unwrap() }
    }

    fn paid(&self) -> Event {
        Event::paid(&PaymentReference::parse(REFERENCE).unwrap(), now())
    }

    fn good(&self) -> Delivery {
        self.subject.says(&self.paid())
    }

    fn receive(&self, delivery: &Delivery, at: Timestamp) -> Result<Vec<Callback>, ProviderError> {
        receive(self.listener.as_ref(), &delivery.headers, &delivery.body, at)
    }

    /// The one thing that is said.
    fn said(&self, delivery: &Delivery, at: Timestamp, what: &str) -> Callback {
        match self.receive(delivery, at) {
            Ok(said) => only(said),
            Err(error) => panic!("{:?}: {what}: {error}", self.subject.provider()),
        }
    }

    fn fact(&self, event: &Event, what: &str) -> PaymentFact {
        match self.said(&self.subject.says(event), now(), what) {
            Callback::Fact { fact, .. } => fact,
            Callback::Unhandled { kind, .. } => panic!("{:?}: {what}: {kind} is unhandled", self.subject.provider()),
        }
    }

    /// Refused as the fault says, in the provider's manner; the error's name.
    fn refused(&self, delivery: &Delivery, at: Timestamp, fault: Fault, what: &str) -> &'static str {
        let provider = self.subject.provider();
        let error = self.receive(delivery, at).err().unwrap_or_else(|| panic!("{provider:?}: {what}: is taken"));
        assert_eq!(error.fault(), fault, "{provider:?}: {what}: {error}");
        let status = match fault {
            Fault::Unsigned => StatusCode::UNAUTHORIZED,
            Fault::NotAnEvent => StatusCode::BAD_REQUEST,
            Fault::Unreadable | Fault::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let answer = self.listener.refused(&error);
        assert_eq!(answer.status, status, "{provider:?}: {what}");
        let signature = self.subject.signature(&self.good());
        assert!(!answer.body.contains(&signature) && !error.to_string().contains(&signature), "{provider:?}: {what}");
        error.name()
    }

    fn unsigned(&self, delivery: &Delivery, what: &str) -> &'static str {
        self.refused(delivery, now(), Fault::Unsigned, what)
    }
}

fn later(seconds: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// Tries a case at every provider. Those that it does not exist at are named, and say why.
fn at_each(does_not_exist_at: &[Provider], case: fn(&Heard) -> Lacks) {
    let mut absent = Vec::new();
    for subject in SUBJECTS {
        let provider = subject.provider();
        if let Err(why) = case(&Heard::of(*subject)) {
            assert!(!why.is_empty());
            println!("not at {}: {why}", provider.name());
            absent.push(provider);
        }
    }
    assert_eq!(absent, does_not_exist_at, "who has nothing to try here stands in the row of the case");
}

#[test]
fn every_connected_provider_is_tried() {
    let connected: BTreeSet<&str> = CONNECTED.iter().map(|each| each.provider.name()).collect();
    let tried: BTreeSet<&str> = SUBJECTS.iter().map(|subject| subject.provider().name()).collect();
    assert_eq!(tried, connected);
}

#[test]
fn what_is_genuine_is_taken() {
    at_each(&[], |heard| {
        let Callback::Fact { order_id, fact } = heard.said(&heard.good(), now(), "genuine") else { panic!() };
        assert_eq!(order_id, Some(order()));
        assert_eq!(fact.provider, heard.subject.provider());
        assert!(fact.key.as_str().starts_with(&format!("{}:{}", fact.provider.name(), heard.paid().id)));
        assert_eq!(fact.reference.unwrap().as_str(), REFERENCE);
        assert_eq!(fact.kind, PaymentFactKind::Captured { amount: yuan("186.00") });
        assert!(fact.live);
        assert_eq!(heard.listener.accepted().status, StatusCode::OK);
        assert_eq!(heard.listener.unavailable().status, StatusCode::SERVICE_UNAVAILABLE);
        Ok(())
    });
}

#[test]
fn signatures_that_are_none() {
    at_each(&[], |heard| {
        let good = heard.good();
        let right = heard.subject.signature(&good);
        let signed = |with: &[&str]| heard.subject.signed(&good, with);
        assert!(heard.receive(&signed(&[&right]), now()).is_ok(), "put back, it fits");
        let last = if right.ends_with('0') { "1" } else { "0" };
        for (what, with) in [
            ("none", vec![]),
            ("empty", vec![""]),
            ("half of it", vec![&right[..right.len() / 2]]),
            ("without its last byte", vec![&right[..right.len() - 1]]),
            ("without its last four", vec![&right[..right.len() - 4]]),
            ("without its first four", vec![&right[4..]]),
            ("with something behind", vec![&format!("{right}AAAA")]),
            ("in the other case", vec![&other_case(&right)]),
            ("in another alphabet", vec![&right.replace(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], "!")]),
            ("escaped", vec![&right.replace(['0', 'a', 'A', '+', '/', '='], "%41")]),
            ("behind a space", vec![&format!(" {right}")]),
            ("with another last byte", vec![&format!("{}{last}", &right[..right.len() - 1])]),
            ("of another kind", vec!["AAAA"]),
            ("no signature", vec!["not a signature"]),
            ("zeros", vec![&"0".repeat(right.len())]),
            ("twice", vec![&right, &right]),
            ("two, the first of which fits", vec![&right, "AAAA"]),
            ("two, the second of which fits", vec!["AAAA", &right]),
        ] {
            heard.unsigned(&signed(&with), what);
        }
        Ok(())
    });
}

#[test]
fn every_byte_of_a_signature_counts() {
    at_each(&[], |heard| {
        let good = heard.good();
        let right = heard.subject.signature(&good);
        for at in 0..right.len() {
            let other = if &right[at..=at] == "1" { "2" } else { "1" };
            let bent = format!("{}{other}{}", &right[..at], &right[at + 1..]);
            heard.unsigned(&heard.subject.signed(&good, &[&bent]), &format!("byte {at}"));
        }
        Ok(())
    });
}

#[test]
fn signed_by_somebody_else() {
    at_each(&[], |heard| {
        let by_stranger = heard.subject.says(&Event { signer: Signer::Stranger, ..heard.paid() });
        assert_eq!(heard.unsigned(&by_stranger, "by a stranger"), "SignatureMismatch");
        for body in ["", "{}", "[]", "null", "\u{0}", "<xml/>", "a=b"] {
            heard.unsigned(&Delivery { headers: HeaderMap::new(), body: body.into() }, body);
            heard.unsigned(&heard.good().with_body(body), body);
        }
        Ok(())
    });
}

/// Another event under the signature of a genuine one.
#[test]
fn another_event_than_the_signed_one() {
    at_each(&[], |heard| {
        let (paid, good) = (heard.paid(), heard.good());
        let other = PaymentReference::parse("01JD0000000000000000000002P01").unwrap().to_string();
        for (what, event) in [
            ("a cent more", Event { hundredths: 18_601, ..paid.clone() }),
            ("a hundred times as much", Event { hundredths: 1_860_000, ..paid.clone() }),
            ("another currency", Event { currency: "USD", ..paid.clone() }),
            ("another order", Event { reference: other, ..paid.clone() }),
            ("another id", Event { id: "EVT0000000000002".to_owned(), ..paid.clone() }),
            ("another type", Event { kind: Kind::Unused, ..paid.clone() }),
        ] {
            let forged = heard.subject.signed(&heard.subject.says(&event), &[&heard.subject.signature(&good)]);
            assert_eq!(heard.unsigned(&forged, what), "SignatureMismatch", "{what}");
        }
        Ok(())
    });
}

#[test]
fn a_body_that_was_changed() {
    at_each(&[Alipay, Adyen], |heard| {
        heard.subject.signs_bytes()?;
        let good = heard.good();
        let mut bodies: Vec<Vec<u8>> = (0..good.body.len())
            .map(|at| {
                let mut body = good.body.clone();
                body[at] ^= 1;
                body
            })
            .collect();
        bodies.push([good.body.as_slice(), b" "].concat());
        bodies.push([b" ", good.body.as_slice()].concat());
        bodies.push(good.body[..good.body.len() - 1].to_vec());
        bodies.push(
            serde_json::to_vec_pretty(&serde_json::from_slice::<serde_json::Value>(&good.body).unwrap()).unwrap(),
        );
        for (which, body) in bodies.into_iter().enumerate() {
            assert_eq!(heard.unsigned(&good.with_body(body), "changed"), "SignatureMismatch", "change {which}");
        }
        Ok(())
    });
}

#[test]
fn too_old_or_ahead() {
    at_each(&[Alipay, Adyen], |heard| {
        let oldest = heard.subject.clock()?.oldest;
        let signed_at = |at: Timestamp| heard.subject.says(&Event { at, ..heard.paid() });
        for seconds in [0, -1, -299, -oldest, 1, 299, 300] {
            let what = format!("signed {seconds} s from now");
            heard.said(&signed_at(later(seconds)), now(), &what);
        }
        for seconds in [-oldest - 1, -oldest * 2, -400 * 86_400, 301, 3_600, 400 * 86_400] {
            let what = format!("signed {seconds} s from now");
            assert_eq!(heard.unsigned(&signed_at(later(seconds)), &what), "TimestampOutside", "{what}");
        }
        // The same delivery, held back.
        let good = heard.good();
        heard.said(&good, later(oldest), "as late as may be");
        assert_eq!(heard.refused(&good, later(oldest + 1), Fault::Unsigned, "a second later"), "TimestampOutside");
        Ok(())
    });
}

/// The time alone is enough to refuse these: their signatures are never compared.
#[test]
fn times_that_are_none() {
    const OF_TIME: [&str; 3] = ["TimestampOutside", "SignatureMalformed", "SignatureMissing"];
    at_each(&[Alipay, Adyen], |heard| {
        let set = heard.subject.clock()?.set;
        let good = heard.good();
        let signed_at = |at: Timestamp| heard.subject.says(&Event { at, ..heard.paid() });
        for text in [
            "",
            " ",
            "0",
            "-0",
            "-1",
            "+1794395471",
            "01794395471x",
            "1794395471.0",
            "1e9",
            "0x6AF2F5CF",
            "NaN",
            "Infinity",
            "soon",
            "-9223372036854775808",
            "9223372036854775807",
            "18446744073709551616",
            "99999999999999999999999999999999",
            "999999999999",
            "-009999-01-02T01:59:59Z",
            "0001-01-01T00:00:00Z",
            "9999-12-30T22:00:00Z",
            "10000-01-01T00:00:00Z",
            "99999-11-11T11:11:11Z",
            "2026-11-11",
        ] {
            let name = heard.unsigned(&set(&good, &[text]), text);
            assert!(OF_TIME.contains(&name), "{text:?} at {:?}: {name}", heard.subject.provider());
        }
        for extreme in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            let name = heard.unsigned(&signed_at(extreme), "signed at an extreme");
            assert!(OF_TIME.contains(&name), "{extreme}: {name}");
        }
        let (right, other) = (now().to_string(), now().as_second().to_string());
        for several in [vec![], vec![right.as_str(); 2], vec![other.as_str(); 2], vec![&right, &other]] {
            let name = heard.unsigned(&set(&good, &several), "none or several");
            assert!(OF_TIME.contains(&name), "{several:?}: {name}");
        }
        Ok(())
    });
}

/// Nothing here remembers: the event's key does, and it stays the same whatever else has changed.
#[test]
fn an_event_that_comes_again_has_its_key() {
    at_each(&[], |heard| {
        let good = heard.good();
        let first = heard.said(&good, now(), "first");
        assert_eq!(heard.said(&good, now(), "again"), first);
        assert_eq!(heard.said(&good, later(300), "after a while"), first);
        let anew = heard.subject.says(&Event { at: later(200), ..heard.paid() });
        assert_eq!(heard.said(&anew, later(200), "signed anew"), first);
        let key = heard.fact(&heard.paid(), "first").key;
        let with_another_body =
            heard.fact(&Event { hundredths: 1, ..heard.paid() }, "of the same id, with another body");
        assert_eq!(with_another_body.key, key);
        let another = heard.fact(&Event { id: "EVT0000000000002".to_owned(), ..heard.paid() }, "another event");
        assert_ne!(another.key, key);
        Ok(())
    });
}

#[test]
fn for_somebody_else() {
    at_each(&[Stripe], |heard| {
        heard.subject.names_merchant()?;
        let event = Event { merchant: Merchant::Another, ..heard.paid() };
        heard.refused(&heard.subject.says(&event), now(), Fault::Unreadable, "for another merchant");
        Ok(())
    });
}

#[test]
fn play_money_is_never_real() {
    at_each(&[Wechatpay, Alipay], |heard| {
        heard.subject.names_mode()?;
        let delivery = heard.subject.says(&Event { live: false, ..heard.paid() });
        match heard.receive(&delivery, now()).map(only) {
            Ok(Callback::Fact { fact, .. }) => assert!(!fact.live),
            Ok(Callback::Unhandled { .. }) => panic!("an event about money has a meaning"),
            Err(error) => assert_eq!(error.fault(), Fault::Unreadable, "{error}"),
        }
        Ok(())
    });
}

fn yuan(amount: &str) -> Money {
    Money::parse(amount, Currency::parse("CNY").unwrap()).unwrap()
}

/// Whether it is the right amount is for the order to say; here it must be the amount that was said.
#[test]
fn an_amount_is_told_as_it_was_said() {
    at_each(&[], |heard| {
        for (hundredths, amount) in [(1, "0.01"), (18_599, "185.99"), (18_601, "186.01"), (1_860_000, "18600.00")] {
            let fact = heard.fact(&Event { hundredths, ..heard.paid() }, amount);
            assert_eq!(fact.kind, PaymentFactKind::Captured { amount: yuan(amount) });
        }
        for hundredths in [-1, -18_600, i64::MIN, i64::MAX] {
            let delivery = heard.subject.says(&Event { hundredths, ..heard.paid() });
            heard.refused(&delivery, now(), Fault::Unreadable, &format!("{hundredths} hundredths"));
        }
        Ok(())
    });
}

#[test]
fn a_currency_is_told_as_it_was_said() {
    at_each(&[], |heard| {
        let of = |currency| Event { currency, ..heard.paid() };
        match heard.subject.only_currency() {
            None => {
                let PaymentFactKind::Captured { amount } = heard.fact(&of("USD"), "USD").kind else { panic!() };
                assert_eq!(amount.to_string(), "186.00 USD");
            }
            Some(only) => {
                assert_eq!(only, "CNY");
                heard.refused(&heard.subject.says(&of("USD")), now(), Fault::Unreadable, "USD");
            }
        }
        for odd in ["XXX", "ZZZ", "RMB", "CN", "CNYX", "¥"] {
            heard.refused(&heard.subject.says(&of(odd)), now(), Fault::Unreadable, odd);
        }
        Ok(())
    });
}

#[test]
fn an_event_without_a_meaning_is_noted() {
    at_each(&[], |heard| {
        let event = Event { kind: Kind::Unused, ..heard.paid() };
        let said = heard.said(&heard.subject.says(&event), now(), "unused");
        let Callback::Unhandled { key, why, .. } = said else { panic!("{said:?}") };
        assert!(key.as_str().starts_with(&format!("{}:{}", heard.subject.provider().name(), event.id)));
        assert_eq!(why, WhyUnhandled::UnknownType);
        Ok(())
    });
}

#[test]
fn a_signed_body_that_is_no_event() {
    at_each(&[], |heard| {
        for id in ["", "EVT\u{7}", "a b\n"] {
            let delivery = heard.subject.says(&Event { id: id.to_owned(), ..heard.paid() });
            heard.refused(&delivery, now(), Fault::NotAnEvent, &format!("of the id {id:?}"));
        }
        Ok(())
    });
}

#[test]
fn what_one_provider_signed_is_nothing_to_another() {
    at_each(&[], |heard| {
        let own = heard.good();
        for other in SUBJECTS.iter().filter(|other| other.provider() != heard.subject.provider()) {
            let theirs = other.says(&heard.paid());
            let what = format!("of {}", other.provider().name());
            heard.unsigned(&theirs, &what);
            let mut headers = own.headers.clone();
            headers.extend(theirs.headers.clone());
            heard.unsigned(&Delivery { headers, body: theirs.body }, &format!("{what}, under its own headers too"));
        }
        Ok(())
    });
}
