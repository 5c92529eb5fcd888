//! What the shop lets Waybill begin, and where buyers may be sent afterwards.

use std::collections::BTreeSet;

use oms_domain::body::Provider;
use oms_domain::refusal::Refusal;
use url::{Host, Url};

/// What the shop lets Waybill begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offered {
    /// Through which providers. The storefront begins payments through all others, with our reference.
    pub providers: BTreeSet<Provider>,
    /// To which hosts buyers may be sent back. A loopback host that stands here is also taken without TLS.
    pub return_hosts: BTreeSet<String>,
}

impl Offered {
    /// The address to which a buyer is sent back, as a browser reads it: what was checked is what the provider is told. Buyers
    /// are sent to the shop's own pages only, for the address comes from whoever asks.
    ///
    /// # Errors
    /// [`Refusal::Field`] for what is no address, is not secure, carries credentials, or leads elsewhere.
    pub fn return_address(&self, text: &str) -> Result<String, Refusal> {
        let refuse = |reason: &str| Err(Refusal::Field { field: "return_url".into(), reason: reason.into() });
        // A browser drops some of these and takes others for a slash. Nobody writes them by honest mistake.
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '"' | '<' | '>');
        if text.contains(is_odd) {
            return refuse("is not an address");
        }
        let Ok(url) = Url::parse(text) else { return refuse("is not an address") };
        let Some(host) = url.host() else { return refuse("must begin with https://") };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("must not have a user's name or password");
        }
        let is_loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return refuse("must begin with https://");
        }
        let is_it = |known: &String| Host::parse(known).is_ok_and(|known| known == host.to_owned());
        if !self.return_hosts.iter().any(is_it) {
            return refuse("is none of the shop's hosts");
        }
        Ok(url.into())
    }
}
