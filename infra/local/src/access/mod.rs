//! Least privilege, measured: what each role may do, as it was deployed, against what it did while the whole-stack tests ran.
//!
//! The tests' engine holds roles to their policies and writes down each call (`infra/local/engine/journal.py`), so a permission
//! that is missing fails a test, and one that nobody ever used is found here.

mod grants;
mod pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{LocalError, Result};
use crate::layout::Layout;

pub use grants::fetch;

/// One thing that a role may do: an action on a resource, wildcards as they stand in the policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// The role, by its name in the engine.
    pub role: String,
    /// Such as `dynamodb:Query`.
    pub action: String,
    /// An ARN, or a pattern of ARNs.
    pub resource: String,
}

/// One thing that a role tried, as IAM saw it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Call {
    /// The role.
    pub role: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Whether its policies allow it.
    pub allowed: bool,
}

/// Permissions that AWS uses in a role's name, where the local engine does the work without asking: by the service that does,
/// and what it does. No call can prove them; `tests/it/template` proves that they name the function's own log, queue or stream.
const ON_BEHALF: &[(&str, &[&str])] = &[
    ("Lambda writes a function's log", &["logs:CreateLogStream", "logs:PutLogEvents"]),
    ("Lambda polls a queue for a function", &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]),
    (
        "Lambda polls a stream for a function",
        &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
    ),
    ("Step Functions invokes a step", &["lambda:InvokeFunction"]),
    (
        "Step Functions sets up a workflow's log",
        &[
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ],
    ),
];

/// Permissions for what no whole-stack test brings about: parts of the role's, the action's and the resource's name, and when they
/// are used. The simulator and the crash matrix go these ways in memory; an entry that a test does use is counted as used.
const UNREACHED: &[(&str, &str, &str, &str)] = &[
    (
        "PublisherRole",
        "sqs:SendMessage",
        "DeadLetterQueue",
        "Lambda says which batch of the stream it gave up; the engine cannot",
    ),
    ("PublisherRole", "dynamodb:PutItem", "OrdersTable", "the bus does not take an entry: it gets a timer"),
    ("TimersRole", "events:PutEvents", "event-bus/", "an entry whose timer has come is put on the bus"),
    ("TimersRole", "dynamodb:GetItem", "OrdersTable", "a parked scan is tried again: is its number known by now?"),
    ("TimersRole", "dynamodb:Query", "StockTable", "a parked payment fact confirms its order, which is planned"),
    ("TimersRole", "dynamodb:UpdateItem", "StockTable", "the same: planning moves stock"),
    (
        "PaymentCallbackRole",
        "dynamodb:DeleteItem",
        "OrdersTable",
        "a late answer about a refund closes the task that it has",
    ),
    (
        "PaymentStartRole",
        "sqs:SendMessage",
        "StimuliQueue",
        "an order is begun to be paid when its window has so little left that the message is sent again",
    ),
    (
        "PaymentStartRole",
        "secretsmanager:GetSecretValue",
        "/wechatpay",
        "WeChat Pay takes no address without TLS for its results, and the local stack has no other",
    ),
    ("RefundRole", "dynamodb:DeleteItem", "OrdersTable", "a hold that nobody answered in time: its task goes"),
    ("RefundRole", "dynamodb:UpdateItem", "StockTable", "the same, when shipments were planned: they are withdrawn"),
];

/// What came of comparing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Grants that a role used itself.
    pub used: usize,
    /// Grants that AWS uses in a role's name.
    pub on_behalf: usize,
    /// Grants with a reason to be there that no local test can show.
    pub unreached: usize,
    /// Grants that nobody used.
    pub unused: BTreeSet<Grant>,
    /// Calls that were refused.
    pub refused: BTreeSet<Call>,
}

impl Findings {
    /// Nothing missing and nothing unused.
    pub fn is_least(&self) -> bool {
        self.unused.is_empty() && self.refused.is_empty()
    }

    /// For the reader, the problems first.
    pub fn lines(&self) -> Vec<String> {
        let unused = self.unused.iter().map(|Grant { role, action, resource }| {
            format!("unused: {role} may {action} on {resource}, and never did")
        });
        let refused = self
            .refused
            .iter()
            .map(|Call { role, action, resource, .. }| format!("missing: {role} was refused {action} on {resource}"));
        let Self { used, on_behalf, unreached, .. } = self;
        let sum =
            format!("{used} permissions used, {on_behalf} used by AWS in a role's name, {unreached} out of reach");
        unused.chain(refused).chain([sum]).collect()
    }
}

/// Compares what was granted with what was done. A grant counts as used when an allowed call of its role fits it.
pub fn compare(grants: &BTreeSet<Grant>, calls: &[Call]) -> Findings {
    let mut by_role: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        by_role.entry(&call.role).or_default().push(call);
    }
    let mut findings = Findings::default();
    for grant in grants {
        let own = by_role.get(grant.role.as_str()).map(Vec::as_slice).unwrap_or_default();
        let is_used = own.iter().any(|call| {
            call.allowed && pattern::fits(&grant.action, &call.action) && pattern::fits(&grant.resource, &call.resource)
        });
        if is_used {
            findings.used += 1;
        } else if ON_BEHALF.iter().any(|(_, actions)| actions.contains(&grant.action.as_str())) {
            findings.on_behalf += 1;
        } else if is_unreached(grant) {
            findings.unreached += 1;
        } else {
            findings.unused.insert(grant.clone());
        }
    }
    findings.refused = calls.iter().filter(|call| !call.allowed).cloned().collect();
    findings
}

/// Before the next whole-stack tests, so that no older ones are taken for them.
pub fn forget(layout: &Layout) {
    for path in [layout.grants(), layout.calls()] {
        // What is not there is forgotten.
        std::fs::remove_file(path).ok();
    }
}

fn is_unreached(Grant { role, action, resource }: &Grant) -> bool {
    UNREACHED.iter().any(|(of, what, on, _)| role.contains(of) && action == what && resource.contains(on))
}

/// What the last whole-stack tests showed; none when they did not run.
///
/// # Errors
/// What was written down cannot be read.
pub fn of_last_run(layout: &Layout) -> Result<Option<Findings>> {
    let (grants, calls) = (layout.grants(), layout.calls());
    if !grants.is_file() || !calls.is_file() {
        return Ok(None);
    }
    let granted = serde_json::from_str(&read(&grants)?).map_err(LocalError::engine("reading the grants"))?;
    let called: Vec<Call> = read(&calls)?
        .lines()
        // A run that was killed leaves half a line behind.
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    Ok(Some(compare(&granted, &called)))
}

/// Writes down what was granted, for [`of_last_run`].
///
/// # Errors
/// The engine does not say, or the file cannot be written.
pub async fn note_grants(layout: &Layout, engine_url: &str) -> Result<()> {
    let granted = fetch(engine_url).await?;
    let text = serde_json::to_string_pretty(&granted).map_err(LocalError::engine("writing the grants"))?;
    let path = layout.grants();
    std::fs::write(&path, text).map_err(LocalError::io(format!("writing {}", path.display())))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(LocalError::io(format!("reading {}", path.display())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{Call, Grant, compare};

    fn grant(role: &str, action: &str, resource: &str) -> Grant {
        Grant { role: role.into(), action: action.into(), resource: resource.into() }
    }

    fn call(role: &str, action: &str, resource: &str, allowed: bool) -> Call {
        Call { role: role.into(), action: action.into(), resource: resource.into(), allowed }
    }

    #[test]
    fn a_grant_is_used_by_its_own_role_on_its_own_resource() {
        let table = "arn:aws:dynamodb:us-east-1:0:table/orders";
        let calls = [
            call("a", "dynamodb:Query", table, true),
            call("b", "dynamodb:GetItem", table, true),
            call("a", "dynamodb:PutItem", table, false),
        ];
        let granted = [
            grant("a", "dynamodb:Query", table),
            grant("a", "dynamodb:Query", &format!("{table}/index/day")),
            grant("a", "dynamodb:GetItem", table),
            grant("a", "logs:PutLogEvents", "arn:aws:logs:::log-group:a"),
        ];
        let found = compare(&granted.into(), &calls);
        assert_eq!((found.used, found.on_behalf), (1, 1));
        let unused: Vec<&str> = found.unused.iter().map(|grant| grant.resource.as_str()).collect();
        assert_eq!(unused, [table, &format!("{table}/index/day")]);
        assert_eq!(found.refused.len(), 1);
        assert!(!found.is_least());
        assert!(found.lines()[0].starts_with("unused: a may dynamodb:GetItem"));
    }

    #[test]
    fn nothing_missing_and_nothing_unused_is_least() {
        let granted = grant("a", "sqs:SendMessage", "arn:aws:sqs:us-east-1:0:q");
        let called = call("a", "sqs:SendMessage", "arn:aws:sqs:us-east-1:0:q", true);
        assert!(compare(&[granted].into(), &[called]).is_least());
    }
}
