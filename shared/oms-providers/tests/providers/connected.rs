//! Every connected provider: set up from its secret or refused, and its API set up when the first order needs it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oms_app::error::PortError;
use oms_app::ports::{Gateways, SecretStore};
use oms_domain::body::Provider;
use oms_providers::connected::{CONNECTED, Connected, Surroundings};
use oms_providers::error::Fault;
use oms_providers::on_demand::{Configured, OnDemand};
use oms_testkit::time::FixedClock;

use crate::subjects::SUBJECTS;
use crate::support::now;

/// A secret that each provider takes.
fn secret_of(provider: Provider) -> String {
    SUBJECTS.iter().find(|subject| subject.provider() == provider).expect("it is played").secret()
}

fn surroundings(api_base: Option<&str>) -> Surroundings {
    let callback_url = Some("https://shop.example/v1/payments/x/callbacks".to_owned());
    Surroundings { api_base: api_base.map(str::to_owned), callback_url, clock: Arc::new(FixedClock(now())) }
}

/// Secrets by name, and which were read.
#[derive(Default)]
struct Drawer {
    secrets: Mutex<BTreeMap<String, String>>,
    read: Mutex<Vec<String>>,
}

#[async_trait]
impl SecretStore for Drawer {
    async fn secret(&self, name: &str) -> Result<String, PortError> {
        self.read.lock().unwrap().push(name.to_owned());
        let found = self.secrets.lock().unwrap().get(name).cloned();
        found.ok_or(PortError { port: "secrets", detail: format!("{name}: is not there") })
    }
}

#[test]
fn each_is_set_up_from_its_own_secret_alone() {
    for Connected { provider, .. } in CONNECTED {
        let connected = Connected::of(*provider).unwrap();
        let fits = secret_of(*provider);
        assert!(connected.callbacks(&fits).is_ok(), "{provider:?}");
        for base in [None, Some("https://api.example.com"), Some("http://127.0.0.1:9")] {
            assert_eq!(connected.gateway(&fits, surroundings(base)).unwrap().provider(), *provider);
        }
        let in_the_clear = connected.gateway(&fits, surroundings(Some("http://api.example.com"))).err().unwrap();
        assert_eq!(in_the_clear.name(), "AddressRefused", "{provider:?}");
        let others =
            CONNECTED.iter().filter(|other| other.provider != *provider).map(|other| secret_of(other.provider));
        for unusable in ["", "{}", "[]", "no JSON"].map(str::to_owned).into_iter().chain(others) {
            let heard = connected.callbacks(&unusable).err().unwrap();
            let called = connected.gateway(&unusable, surroundings(None)).err().unwrap();
            assert_eq!((heard.fault(), called.fault()), (Fault::Configuration, Fault::Configuration), "{provider:?}");
        }
    }
}

#[tokio::test]
async fn an_api_is_set_up_when_it_is_first_needed_and_once() {
    for Connected { provider, .. } in CONNECTED {
        let drawer = Arc::new(Drawer::default());
        let configured = CONNECTED.iter().map(|each| {
            let of = Configured { secret: each.provider.name().to_owned(), surroundings: surroundings(None) };
            (each.provider, of)
        });
        let gateways = OnDemand::new(drawer.clone(), configured.collect());
        let read = || drawer.read.lock().unwrap().clone();
        assert!(gateways.gateway(Provider::Cod).await.unwrap().is_none());
        assert!(read().is_empty(), "nothing is read before it is needed");

        // Its secret is not there, then of a wrong form: an error each time, and nobody else's secret is touched.
        let error = gateways.gateway(*provider).await.err().unwrap();
        assert!(error.to_string().contains(provider.name()), "{error}");
        drawer.secrets.lock().unwrap().insert(provider.name().to_owned(), "hunter2 is no JSON".to_owned());
        let error = gateways.gateway(*provider).await.err().unwrap();
        assert!(!error.to_string().contains("hunter2"), "{error}");

        // Once it is mended, the next order finds it, and later ones need no look.
        drawer.secrets.lock().unwrap().insert(provider.name().to_owned(), secret_of(*provider));
        for _ in 0..3 {
            assert_eq!(gateways.gateway(*provider).await.unwrap().unwrap().provider(), *provider);
        }
        assert_eq!(read(), [provider.name(); 3]);
    }
}
