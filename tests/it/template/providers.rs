#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! A payment provider stands in several lists, each in its own language: here they are held against one another, so that
//! one that is forgotten in a list is named.

use std::collections::BTreeMap;

use oms_domain::body::Provider;
use oms_lambda::config::CONNECTABLE;
use oms_providers::connected::CONNECTED;
use serde_json::json;

use super::model::{Template, pascal, present, read, target};

#[test]
fn a_provider_is_in_every_list() {
    let connected: Vec<Provider> = CONNECTED.iter().map(|each| each.provider).collect();
    assert_eq!(CONNECTABLE, connected, "oms-lambda's and oms-providers' lists");
    let template = Template::load();
    for provider in connected {
        let (name, title) = (provider.name(), pascal(provider.name()));
        let parameter = |what: &str| &template.document["Parameters"][format!("{title}{what}")];
        assert_eq!(parameter("SecretArn")["Default"], "", "{name} is off unless it is switched on");
        let base = parameter("ApiBase")["Default"].as_str().unwrap_or_else(|| panic!("{name} has no default address"));
        // Empty: it is the secret that says where the provider is.
        assert!(base.is_empty() || base.starts_with("https://"), "{name}: {base}");
        let condition = &template.document["Conditions"][format!("Has{title}")];
        assert_eq!(*condition, json!({"Fn::Not": [{"Fn::Equals": [{"Ref": format!("{title}SecretArn")}, ""]}]}));
        for role in ["PaymentCallbackRole", "PaymentStartRole", "RefundRole"] {
            let statements = &template.properties(role)["Policies"][0]["PolicyDocument"]["Statement"];
            let of_it = statements.as_array().unwrap().iter().find(|statement| {
                statement["Fn::If"][0] == format!("Has{title}")
                    && statement["Fn::If"][2] == json!({"Ref": "AWS::NoValue"})
            });
            let statement = present(of_it.unwrap_or_else(|| panic!("{role} may not read the secret of {name}")));
            assert_eq!(statement["Sid"], format!("Read{title}Secret"), "{role}");
            assert_eq!(target(&statement["Resource"]), Some(format!("{title}SecretArn").as_str()), "{role}");
        }
        let alarm = format!("{title}CallbacksRefusedAlarm");
        assert_eq!(template.document["Resources"][&alarm]["Condition"], format!("Has{title}"), "{alarm}");
        let watched = json!([
            {"Name": "function", "Value": "payment-callback"},
            {"Name": "provider", "Value": name},
            {"Name": "stage", "Value": {"Ref": "Stage"}},
        ]);
        let (metric, dimensions) =
            (&template.properties(&alarm)["MetricName"], &template.properties(&alarm)["Dimensions"]);
        assert_eq!((metric.as_str(), dimensions), (Some("CallbacksRefused"), &watched), "{alarm}");
        for file in ["samconfig.toml", "README.md", "docs/README.zh-CN.md"] {
            for what in ["SecretArn", "ApiBase"] {
                assert!(read(file).contains(&format!("{title}{what}")), "{file} does not name {title}{what}");
            }
        }
        assert!(read("infra/cdk/lib/props.ts").contains(&format!("'{name}'")), "the CDK construct's list");
    }
}

#[test]
fn one_that_is_enabled_without_a_usable_secret_stops_the_start() {
    for provider in CONNECTABLE {
        for unusable in ["", "{}", "no JSON"] {
            let secrets = BTreeMap::from([(*provider, unusable.to_owned())]);
            assert!(payment_callback::providers(&secrets).is_err(), "{}: {unusable:?}", provider.name());
        }
    }
    assert!(payment_callback::providers(&BTreeMap::new()).unwrap().is_empty());
}
