//! The values themselves, and where in an order they sit.

use serde_json::{Value, json};

/// One value for each personal field.
pub struct Birds(Vec<(&'static str, String)>);

/// Every place of an order's body where something personal stands, and how its canary looks: `#` is the run's own number.
const NESTS: &[(&str, &str)] = &[
    ("/customer/name", "王canary#芳"),
    ("/customer/email", "canary#@example.com"),
    ("/customer/phone", "+861390#"),
    ("/shipping_address/name", "李canary#明"),
    ("/shipping_address/phone", "+861391#"),
    ("/shipping_address/district", "区canary#"),
    ("/shipping_address/town", "镇canary#"),
    ("/shipping_address/lines/0", "路canary#号"),
    ("/shipping_address/postal_code", "P#"),
    ("/shipping_address/channel_token", "oaid-canary-#"),
    ("/billing_address/name", "账canary#单"),
    ("/billing_address/phone", "+861392#"),
    ("/billing_address/lines/0", "楼canary#室"),
    ("/buyer_note", "note canary # buyer"),
    ("/seller_note", "note canary # seller"),
    ("/gift/message", "祝canary#好"),
    ("/invoice/title", "公司canary#"),
    ("/invoice/tax_id", "TAX#"),
    ("/invoice/email", "invoice#@example.com"),
    ("/client/ip", "2001:db8:ca7a::#"),
    ("/client/device_id", "device-canary-#"),
    ("/metadata/k", "metadata canary #"),
];

impl Birds {
    /// `number` has digits that were never used before.
    pub fn hatch(number: &str) -> Self {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        // As many as the shortest of the fields takes; an address of the network takes four, so it is told apart by its prefix too.
        let short: String = digits.chars().rev().take(9).collect();
        let of = |(place, form): &(&'static str, &str)| {
            // A part of an address is written without zeros in front.
            let part = format!("1{}", short.get(..3).unwrap_or_default());
            (*place, form.replace('#', if form.contains("::") { &part } else { &short }))
        };
        Self(NESTS.iter().map(of).collect())
    }

    /// The body with a canary in every personal field.
    pub fn put_into(&self, mut body: Value) -> Value {
        let address = |name: &str| json!({ "name": name, "phone": "", "country": "CN", "lines": [""] });
        let defaults = [
            ("billing_address", address("")),
            ("gift", json!({ "message": "", "hide_prices": true })),
            ("invoice", json!({ "type": "general", "title_kind": "company", "title": "", "tax_id": "", "email": "" })),
            ("client", json!({ "ip": "", "device_id": "" })),
            ("metadata", json!({ "k": "" })),
        ];
        for (name, value) in defaults {
            body[name] = value;
        }
        for (place, bird) in &self.0 {
            let (holder, name) = place.rsplit_once('/').unwrap();
            let holder = body.pointer_mut(holder).unwrap_or_else(|| panic!("{place}"));
            match name.parse::<usize>() {
                Ok(position) => holder[position] = json!(bird),
                Err(_) => holder[name] = json!(bird),
            }
        }
        body
    }

    /// Where they sit in a body, as JSON pointers.
    pub fn nests(&self, body: &Value) -> Vec<String> {
        self.0.iter().map(|(place, _)| (*place).to_owned()).filter(|place| body.pointer(place).is_some()).collect()
    }

    /// One of them.
    pub fn any(&self) -> &str {
        &self.0[0].1
    }

    /// The fields whose canary a text does not have.
    pub fn missing_from(&self, text: &str) -> Vec<&str> {
        self.0.iter().filter(|(_, bird)| !text.contains(bird.as_str())).map(|(place, _)| *place).collect()
    }

    /// The field whose canary a text has, as it stands or escaped as JSON, in an address, or in base64.
    pub fn found_in(&self, text: &str) -> Option<&str> {
        self.0.iter().find(|(_, bird)| forms(bird).iter().any(|form| text.contains(form))).map(|(place, _)| *place)
    }
}

/// How a text may be written.
fn forms(bird: &str) -> Vec<String> {
    let ascii = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    let escaped: String = bird
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    vec![bird.to_owned(), bird.chars().map(ascii).collect(), escaped]
}
