//! Where buyers may be sent after they have paid: the shop's own pages, however an address is written.

use std::collections::BTreeSet;

use oms_app::starting::Offered;
use oms_domain::refusal::Refusal;

fn offered(hosts: &[&str]) -> Offered {
    let return_hosts: BTreeSet<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    Offered { return_hosts, ..Offered::default() }
}

fn said(offered: &Offered, address: &str) -> Result<String, String> {
    offered.return_address(address).map_err(|refusal| {
        let Refusal::Field { field, reason } = refusal else { panic!("{refusal:?}") };
        assert_eq!(field, "return_url");
        reason
    })
}

#[test]
fn pages_of_the_shop() {
    let shop = offered(&["good.example", "localhost", "127.0.0.1"]);
    for (address, told) in [
        ("https://good.example", "https://good.example/"),
        ("https://good.example/thanks?order=1&x=%20#top", "https://good.example/thanks?order=1&x=%20#top"),
        ("HTTPS://GOOD.example:8443/Thanks", "https://good.example:8443/Thanks"),
        ("https://good.example:443/", "https://good.example/"),
        ("https://ｇｏｏｄ.example/", "https://good.example/"),
        ("https://good.example/a/../b", "https://good.example/b"),
        ("https://good.example/@evil.example", "https://good.example/@evil.example"),
        ("https://good.example/?next=https://evil.example", "https://good.example/?next=https://evil.example"),
        ("https://good.example/#@evil.example", "https://good.example/#@evil.example"),
        ("https://good.example/谢谢", "https://good.example/%E8%B0%A2%E8%B0%A2"),
        ("http://localhost:3000/thanks", "http://localhost:3000/thanks"),
        ("http://127.0.0.1:3000/thanks", "http://127.0.0.1:3000/thanks"),
        ("https://localhost/", "https://localhost/"),
    ] {
        assert_eq!(said(&shop, address), Ok(told.to_owned()), "{address}");
    }
}

/// Whichever way the shop's setting or the storefront writes such a host, a browser knows it by one name.
#[test]
fn hosts_in_other_scripts() {
    for known in ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example"] {
        for address in ["https://bücher.example/", "https://Bücher.Example/", "https://xn--bcher-kva.example/"] {
            let told = said(&offered(&[known]), address);
            assert_eq!(told.as_deref(), Ok("https://xn--bcher-kva.example/"), "{known} {address}");
        }
        assert!(said(&offered(&[known]), "https://bucher.example/").is_err(), "{known}");
    }
}

#[test]
fn pages_of_others() {
    let shop = offered(&["good.example", "localhost", "127.0.0.1"]);
    let (elsewhere, insecure) = ("is none of the shop's hosts", "must begin with https://");
    let (nothing, somebody) = ("is not an address", "must not have a user's name or password");
    for (address, why) in [
        ("https://evil.example/", elsewhere),
        ("https://good.example.evil.example/", elsewhere),
        ("https://evilgood.example/", elsewhere),
        ("https://www.good.example/", elsewhere),
        ("https://good.example./", elsewhere),
        ("https://good.examp1e/", elsewhere),
        ("https://gооd.example/", elsewhere),
        ("https://127.0.0.2/", elsewhere),
        ("https://[::1]/", elsewhere),
        ("https:evil.example", elsewhere),
        ("https:///evil.example/", elsewhere),
        ("https://evil.example?good.example", elsewhere),
        ("https://evil.example#good.example", elsewhere),
        ("https://evil.example/good.example", elsewhere),
        ("https://good.example@evil.example/", somebody),
        ("https://good.example:pass@evil.example/", somebody),
        ("https://good.example%40evil.example@evil.example/", somebody),
        ("https://user@good.example/", somebody),
        ("https://:pass@good.example/", somebody),
        ("https://good.example\\@evil.example/", nothing),
        ("https://evil.example\\@good.example/", nothing),
        ("https://good.example\\.evil.example/", nothing),
        ("https:\\\\good.example/", nothing),
        ("https://good.exam\tple/", nothing),
        ("\thttps://good.example/", nothing),
        (" https://good.example/", nothing),
        ("https://good.example/ ", nothing),
        ("https://good.example/a b", nothing),
        ("https://good.example/\r\nx-header: y", nothing),
        ("https://good.example/\u{a0}", nothing),
        ("https://good.example/\"><script>", nothing),
        ("https://good.example:99999/", nothing),
        ("https://good.example:80a/", nothing),
        ("https://good .example/", nothing),
        ("https://good%00.example/", nothing),
        ("https://", nothing),
        ("//good.example/", nothing),
        ("/thanks", nothing),
        ("good.example", nothing),
        ("", nothing),
        ("http://good.example/", insecure),
        ("http://evil.example/", insecure),
        ("ftp://good.example/", insecure),
        ("wss://good.example/", insecure),
        ("javascript:alert(1)", insecure),
        ("javascript://good.example/%0aalert(1)", insecure),
        ("data:text/html,x", insecure),
        ("mailto:a@good.example", insecure),
    ] {
        assert_eq!(said(&shop, address), Err(why.to_owned()), "{address}");
    }
}

#[test]
fn without_hosts_nobody_is_sent_anywhere() {
    assert!(said(&offered(&[]), "https://good.example/").is_err());
    assert!(said(&offered(&[""]), "https://good.example/").is_err());
    assert!(said(&offered(&["not a host"]), "https://not a host/").is_err());
}
