/** Queues, the bus, and the rule between them. */

import { Aws, Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { keep } from './findings';

/** Every queue of the stack. */
export interface Queues {
  /** Ids only: which order, which kind of work. Losing one costs a minute (the sweep), never an order. */
  readonly stimuli: Queue;
  readonly stimuliDeadLetters: Queue;
  /** Events that go to warehouses, apart from the bus so that one slow warehouse delays nothing else. */
  readonly deliveries: Queue;
  readonly deliveriesDeadLetters: Queue;
  /** Batches of the stream that were given up, as positions. Not redriven: the sweep sends those events. */
  readonly publisherDeadLetters: Queue;
}

/** The longest there is: a long weekend must not lose evidence. */
const EVIDENCE = Duration.days(14);

/** Makes the queues. */
export function queues(scope: Construct): Queues {
  const stimuliDeadLetters = queue(scope, 'StimuliDeadLetterQueue', { retentionPeriod: EVIDENCE });
  const deliveriesDeadLetters = queue(scope, 'DeliveriesDeadLetterQueue', { retentionPeriod: EVIDENCE });
  const publisherDeadLetters = queue(scope, 'PublisherDeadLetterQueue', { retentionPeriod: EVIDENCE });
  for (const last of [stimuliDeadLetters, deliveriesDeadLetters, publisherDeadLetters]) {
    keep(last, 'It is a dead-letter queue: what it holds is evidence for a person.', 'Serverless-SQSRedrivePolicy');
  }
  keep(
    publisherDeadLetters,
    "It is the dead-letter queue of the stream's mapping, not of another queue.",
    'AwsSolutions-SQS3',
  );
  return {
    stimuli: queue(scope, 'StimuliQueue', {
      // Six times the dispatcher's time-out, as AWS advises: a batch that is being worked on must not appear again.
      visibilityTimeout: Duration.seconds(900),
      receiveMessageWaitTime: Duration.seconds(20),
      retentionPeriod: Duration.days(4),
      // Five, not fewer: a throttled poller counts as a receive.
      deadLetterQueue: { queue: stimuliDeadLetters, maxReceiveCount: 5 },
    }),
    stimuliDeadLetters,
    deliveries: queue(scope, 'DeliveriesQueue', {
      // For a receiver that keeps the function waiting; what fails at once comes back by the function's own back-off.
      visibilityTimeout: Duration.seconds(600),
      receiveMessageWaitTime: Duration.seconds(20),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: deliveriesDeadLetters, maxReceiveCount: 12 },
    }),
    deliveriesDeadLetters,
    publisherDeadLetters,
  };
}

/** Makes the bus: one CloudEvent for each commit that is news. Others add rules of their own to it. */
export function eventBus(scope: Construct): EventBus {
  return new EventBus(scope, 'EventBus', { eventBusName: `${Aws.STACK_NAME}-events` });
}

/** Shipment events that a warehouse hears of, from the bus to the deliveries queue. */
export function deliveriesRule(scope: Construct, bus: EventBus, queues: Queues): Rule {
  const rule = new Rule(scope, 'DeliveriesRule', {
    description: 'Shipment events that a warehouse hears of by webhook',
    eventBus: bus,
    eventPattern: {
      detailType: ['waybill.order.changed.v1'],
      // Matches where any of the commit's events has one of these names, and one of the locations has an address.
      detail: {
        webhook: [true],
        data: { names: ['shipment_released', 'shipment_cancel_requested', 'shipment_withdrawn'] },
      },
    },
  });
  // Not `targets.SqsQueue`, which would allow more than sending. What cannot be put in the queue goes where what cannot
  // be delivered goes: the bodies are the same, so one redrive brings both back.
  rule.addTarget({
    bind: () => ({ arn: queues.deliveries.queueArn, deadLetterConfig: { arn: queues.deliveriesDeadLetters.queueArn } }),
  });
  for (const fed of [queues.deliveries, queues.deliveriesDeadLetters]) {
    fed.addToResourcePolicy(
      new PolicyStatement({
        sid: 'FromTheRule',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [fed.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
      }),
    );
  }
  return rule;
}

function queue(scope: Construct, id: string, props: QueueProps): Queue {
  const made = new Queue(scope, id, { ...props, encryption: QueueEncryption.SQS_MANAGED });
  made.addToResourcePolicy(
    new PolicyStatement({
      sid: 'TlsOnly',
      effect: Effect.DENY,
      principals: [new StarPrincipal()],
      actions: ['sqs:*'],
      resources: [made.queueArn],
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  );
  return made;
}
