//! The other ports on the local engine: queue, workflows, bus, secrets.

use std::time::Duration;

use aws_sdk_sfn::types::StateMachineType;
use oms_app::error::WorkflowError;
use oms_app::ports::{EventBus, Redelivery, Stimulus, StimulusQueue, Workflows};
use oms_aws::queue::SqsRedelivery;
use oms_aws::{EventBridgeBus, ExpressWorkflows, Secrets, SqsStimuli, WorkflowArns};
use oms_domain::wake::Work;
use oms_testkit::seeded::SeededIds;
use serde_json::{Value, json};

use crate::engine::MINISTACK;

fn stimulus(work: Work) -> Stimulus {
    Stimulus { order_id: SeededIds::new(1).order_id(), work }
}

#[tokio::test]
async fn stimuli_are_sent_with_ids_only() {
    let Some(clients) = MINISTACK.clients().await else { return };
    let sqs = clients.sqs();
    let url = sqs
        .create_queue()
        .queue_name(format!("stimuli-{}", std::process::id()))
        .send()
        .await
        .unwrap()
        .queue_url
        .unwrap();
    let queue = SqsStimuli::new(sqs.clone(), &url);
    queue.send(&stimulus(Work::Reversal), 0).await.unwrap();
    queue.send(&stimulus(Work::Placement), 900).await.unwrap();
    assert!(queue.send(&stimulus(Work::Placement), 901).await.is_err());
    let received = sqs.receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
    let bodies: Vec<Value> =
        received.messages().iter().map(|m| serde_json::from_str(m.body().unwrap()).unwrap()).collect();
    assert_eq!(bodies, [json!({"order_id": stimulus(Work::Reversal).order_id, "work": "reversal"})]);

    // Received, not handled, and let go: it comes again at once.
    let receipt = received.messages()[0].receipt_handle().unwrap();
    SqsRedelivery::new(sqs.clone(), &url).retry_in(receipt, 0).await.unwrap();
    let again = sqs.receive_message().queue_url(&url).wait_time_seconds(2).send().await.unwrap();
    assert_eq!(again.messages().len(), 1);
    sqs.delete_queue().queue_url(&url).send().await.unwrap();
}

#[tokio::test]
async fn a_workflow_succeeds_or_is_an_error() {
    let Some(clients) = MINISTACK.clients().await else { return };
    let sfn = clients.sfn();
    let machine = async |name: &str, states: Value| {
        let definition = json!({"QueryLanguage": "JSONata", "StartAt": "One", "States": states}).to_string();
        sfn.create_state_machine()
            .name(format!("{name}-{}", std::process::id()))
            .r#type(StateMachineType::Express)
            .role_arn("arn:aws:iam::000000000000:role/any")
            .definition(definition)
            .send()
            .await
            .unwrap()
            .state_machine_arn
    };
    let arns = WorkflowArns {
        placement: machine("succeeds", json!({"One": {"Type": "Pass", "End": true}})).await,
        fulfilment: machine("fails", json!({"One": {"Type": "Fail", "Error": "Contended", "Cause": "too many"}})).await,
        reversal: machine("waits", json!({"One": {"Type": "Wait", "Seconds": 5, "End": true}})).await,
    };
    let workflows = ExpressWorkflows::new(sfn.clone(), arns.clone(), Duration::from_secs(2));
    workflows.run(&stimulus(Work::Placement)).await.unwrap();
    let failed = workflows.run(&stimulus(Work::Fulfilment)).await.unwrap_err();
    assert!(
        matches!(&failed, WorkflowError::Failed(text) if text.contains("FAILED: Contended: too many")),
        "{failed:?}"
    );
    let lasting = json!({"One": {"Type": "Fail", "Error": "OrderNotFound", "Cause": "no such order"}});
    let hopeless = WorkflowArns { placement: machine("hopeless", lasting).await, ..arns.clone() };
    let refused = ExpressWorkflows::new(sfn.clone(), hopeless.clone(), Duration::from_secs(2));
    let refused = refused.run(&stimulus(Work::Placement)).await.unwrap_err();
    assert!(matches!(&refused, WorkflowError::Refused(_)), "{refused:?}");
    let begun = std::time::Instant::now();
    workflows.run(&stimulus(Work::Reversal)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(3500), "one attempt, within its deadline: {:?}", begun.elapsed());
    for arn in [arns.placement, arns.fulfilment, arns.reversal, hopeless.placement] {
        sfn.delete_state_machine().state_machine_arn(arn).send().await.unwrap();
    }
}

#[tokio::test]
async fn events_reach_the_bus_in_batches() {
    let Some(clients) = MINISTACK.clients().await else { return };
    let (events, sqs) = (clients.eventbridge(), clients.sqs());
    let name = format!("bus-{}", std::process::id());
    events.create_event_bus().name(&name).send().await.unwrap();
    let url =
        sqs.create_queue().queue_name(format!("bus-{}", std::process::id())).send().await.unwrap().queue_url.unwrap();
    let attributes =
        sqs.get_queue_attributes().queue_url(&url).attribute_names(aws_sdk_sqs::types::QueueAttributeName::QueueArn);
    let arn = attributes.send().await.unwrap().attributes.unwrap().into_values().next().unwrap();
    events
        .put_rule()
        .name("all")
        .event_bus_name(&name)
        .event_pattern(r#"{"source":["waybill"]}"#)
        .send()
        .await
        .unwrap();
    let target = aws_sdk_eventbridge::types::Target::builder().id("queue").arn(arn).build().unwrap();
    events.put_targets().rule("all").event_bus_name(&name).targets(target).send().await.unwrap();

    let sent: Vec<Value> = (0..12)
        .map(|i| json!({"specversion": "1.0", "id": i.to_string(), "source": "waybill", "type": "waybill.test.v1", "time": "2026-11-11T00:00:00Z"}))
        .collect();
    EventBridgeBus::new(events.clone(), &name).put(&sent).await.unwrap();
    let mut seen: Vec<Value> = Vec::new();
    for _ in 0..10 {
        let received =
            sqs.receive_message().queue_url(&url).max_number_of_messages(10).wait_time_seconds(1).send().await.unwrap();
        for message in received.messages() {
            let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            assert_eq!(event["detail-type"], "waybill.test.v1");
            seen.push(event["detail"].clone());
            let handle = message.receipt_handle().unwrap();
            sqs.delete_message().queue_url(&url).receipt_handle(handle).send().await.unwrap();
        }
        if seen.len() == sent.len() {
            break;
        }
    }
    seen.sort_by_key(|event| event["id"].as_str().unwrap().parse::<u32>().unwrap());
    assert_eq!(seen, sent);
    sqs.delete_queue().queue_url(&url).send().await.unwrap();
}

#[tokio::test]
async fn a_secret_is_read_and_never_told() {
    let Some(clients) = MINISTACK.clients().await else { return };
    let manager = clients.secretsmanager();
    let name = format!("secret-{}", std::process::id());
    let text = r#"{"key":"hunter2"}"#;
    let arn = manager.create_secret().name(&name).secret_string(text).send().await.unwrap().arn.unwrap();
    let secrets = Secrets::new(manager.clone());
    assert_eq!(secrets.json::<Value>(&arn).await.unwrap(), json!({"key": "hunter2"}));
    let wrong = secrets.json::<Vec<u32>>(&arn).await.unwrap_err();
    assert!(!wrong.to_string().contains("hunter2"), "{wrong}");
    assert!(secrets.json::<Value>("nowhere").await.is_err());
    manager.delete_secret().secret_id(&arn).force_delete_without_recovery(true).send().await.unwrap();
}
