//! The variables of payment providers: where each one's secret lies, which switches it on, and where its API is.

use std::collections::BTreeMap;

use oms_app::starting::Offered;
use oms_domain::body::Provider;

use super::{ConfigError, Env};

/// Providers that are switched on by naming their secrets. Each has the variables `<NAME>_SECRET_ARN` and
/// `<NAME>_API_BASE`.
pub const CONNECTABLE: &[Provider] =
    &[Provider::Stripe, Provider::Wechatpay, Provider::Alipay, Provider::Adyen, Provider::Paypal];

impl Env {
    /// `STRIPE_SECRET_ARN` and its like; a provider that is not among them is off.
    #[must_use]
    pub fn provider_secret_arns(&self) -> BTreeMap<Provider, String> {
        let arn = |provider: &Provider| Some((*provider, self.optional(&variable(*provider, "SECRET_ARN"))?));
        CONNECTABLE.iter().filter_map(arn).collect()
    }

    /// `STRIPE_API_BASE` and its like, without a slash at the end; a provider that is not among them is called at its own
    /// address.
    ///
    /// # Errors
    /// [`ConfigError`] when one is not an https address (http is taken for this machine only, where a stand-in runs), or has
    /// a query or a fragment.
    pub fn provider_api_bases(&self) -> Result<BTreeMap<Provider, String>, ConfigError> {
        let mut bases = BTreeMap::new();
        for provider in CONNECTABLE {
            let name = variable(*provider, "API_BASE");
            if let Some(base) = self.optional(&name) {
                bases.insert(*provider, address(&name, &base, true)?);
            }
        }
        Ok(bases)
    }

    /// `PUBLIC_API_URL`: where the world finds this API, for providers that are told with each request where to call back.
    /// None leaves it to what is entered at the provider.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not an https address, or has a query or a fragment.
    pub fn public_api_url(&self) -> Result<Option<String>, ConfigError> {
        const NAME: &str = "PUBLIC_API_URL";
        self.optional(NAME).map(|url| address(NAME, &url, false)).transpose()
    }
}

impl Env {
    /// `START_PAYMENTS`, the names of providers through which Waybill begins payments, and `PAYMENT_RETURN_HOSTS`, to which
    /// hosts buyers may be sent back; both lists with commas, both empty by default.
    ///
    /// # Errors
    /// [`ConfigError`] for a name that is no connectable provider's, or whose secret is not set, and for what is no host's
    /// name.
    pub fn start_payments(&self) -> Result<Offered, ConfigError> {
        const PROVIDERS: &str = "START_PAYMENTS";
        const HOSTS: &str = "PAYMENT_RETURN_HOSTS";
        let secrets = self.provider_secret_arns();
        let provider = |name: String| {
            let known = Provider::from_name(&name).filter(|known| CONNECTABLE.contains(known));
            let known = known
                .ok_or_else(|| ConfigError::new(PROVIDERS, format!("{name} is no provider that can be connected")))?;
            if secrets.contains_key(&known) {
                Ok(known)
            } else {
                let secret = variable(known, "SECRET_ARN");
                Err(ConfigError::new(PROVIDERS, format!("names {name}, and {secret} is not set")))
            }
        };
        let host = |name: String| {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
            if name.len() <= 253 && name.bytes().all(fits) {
                Ok(name)
            } else {
                Err(ConfigError::new(HOSTS, format!("{name} is no host's name in small letters")))
            }
        };
        Ok(Offered {
            providers: self.list(PROVIDERS).map(provider).collect::<Result<_, _>>()?,
            return_hosts: self.list(HOSTS).map(host).collect::<Result<_, _>>()?,
        })
    }

    fn list(&self, name: &str) -> impl Iterator<Item = String> {
        let text = self.optional(name).unwrap_or_default();
        let names: Vec<String> = text.split(',').map(|each| each.trim().to_owned()).collect();
        names.into_iter().filter(|each| !each.is_empty())
    }
}

fn variable(provider: Provider, what: &str) -> String {
    format!("{}_{what}", provider.name().to_ascii_uppercase())
}

/// Checks an address that secrets or callbacks travel to. Paths are put behind it, so it ends before a query.
pub(super) fn address(name: &str, base: &str, on_this_machine: bool) -> Result<String, ConfigError> {
    if base.contains(['?', '#']) {
        return Err(ConfigError::new(name, "must have no query and no fragment"));
    }
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|local| base.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])));
    if base.starts_with("https://") || on_this_machine && loopback {
        Ok(base.trim_end_matches('/').to_owned())
    } else if on_this_machine {
        Err(ConfigError::new(name, "must begin with https:// (http:// only for 127.0.0.1)"))
    } else {
        Err(ConfigError::new(name, "must begin with https://"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::config::VARIABLES;

    #[test]
    fn every_provider_has_its_variables() {
        for provider in CONNECTABLE {
            for what in ["SECRET_ARN", "API_BASE"] {
                let name = variable(*provider, what);
                assert!(VARIABLES.contains(&name.as_str()), "{name}");
                let env = Env::of([(name.as_str(), "https://example.com/x/")]);
                let arn = env.provider_secret_arns().remove(provider);
                let base = env.provider_api_bases().unwrap().remove(provider);
                assert_eq!((arn.is_some(), base.is_some()), (what == "SECRET_ARN", what == "API_BASE"), "{name}");
            }
        }
        assert!(Env::of([("WECHATPAY_SECRET_ARN", " ")]).provider_secret_arns().is_empty());
    }

    #[test]
    fn providers_are_called_over_tls_or_on_this_machine() {
        let base =
            |text| Env::of([("ALIPAY_API_BASE", text)]).provider_api_bases().map(|bases| bases.into_values().next());
        assert_eq!(base(""), Ok(None));
        assert_eq!(base("http://127.0.0.1:9999/"), Ok(Some("http://127.0.0.1:9999".to_owned())));
        assert_eq!(base("http://api.example.com").unwrap_err().name, "ALIPAY_API_BASE");
        assert!(base("http://127.0.0.1.example.com").is_err());
        assert!(base("https://api.example.com/?v=1").is_err());
    }

    #[test]
    fn what_waybill_begins() {
        let offered = |providers, hosts| {
            let secrets =
                [("STRIPE_SECRET_ARN", "arn:s"), ("WECHATPAY_SECRET_ARN", "arn:w"), ("ADYEN_SECRET_ARN", " ")];
            let said = [("START_PAYMENTS", providers), ("PAYMENT_RETURN_HOSTS", hosts)];
            Env::of(secrets.into_iter().chain(said)).start_payments()
        };
        assert_eq!(offered("", ""), Ok(Offered::default()));
        let both = offered("stripe, wechatpay", "shop.example,www.shop.example").unwrap();
        assert_eq!(both.providers.into_iter().collect::<Vec<_>>(), [Provider::Stripe, Provider::Wechatpay]);
        assert_eq!(both.return_hosts.into_iter().collect::<Vec<_>>(), ["shop.example", "www.shop.example"]);
        for (providers, hosts, name) in [
            ("cod", "", "START_PAYMENTS"),
            ("Stripe", "", "START_PAYMENTS"),
            // Whose secret nobody has set.
            ("stripe,alipay", "", "START_PAYMENTS"),
            ("adyen", "", "START_PAYMENTS"),
            ("", "https://shop.example", "PAYMENT_RETURN_HOSTS"),
            ("", "*.shop.example", "PAYMENT_RETURN_HOSTS"),
            ("", "Shop.example", "PAYMENT_RETURN_HOSTS"),
        ] {
            assert_eq!(offered(providers, hosts).unwrap_err().name, name, "{providers} {hosts}");
        }
    }

    #[test]
    fn providers_call_back_over_tls() {
        let url = |text| Env::of([("PUBLIC_API_URL", text)]).public_api_url();
        assert_eq!(url(""), Ok(None));
        assert_eq!(url("https://orders.example.com/"), Ok(Some("https://orders.example.com".to_owned())));
        assert_eq!(url("http://127.0.0.1:4566").unwrap_err().name, "PUBLIC_API_URL");
        assert_eq!(url("https://orders.example.com/#v1").unwrap_err().name, "PUBLIC_API_URL");
    }
}
