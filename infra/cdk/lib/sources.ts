/** What starts the functions that no request starts: two queues, a stream and the clock. */

import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import {
  CfnPermission,
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { keep } from './findings';
import type { Settings } from './props';
import type { Queues } from './queues';

/** The functions that are started. */
export interface Started {
  readonly dispatcher: Function;
  readonly webhook: Function;
  readonly publisher: Function;
  readonly timers: Function;
}

/**
 * Connects them. The mappings are made by themselves and not by `lambda-event-sources`, which would widen the roles: each
 * has its named statement already.
 */
export function sources(started: Started, orders: Table, queues: Queues, settings: Settings): void {
  const { capacity, rules } = settings;
  const stimuli = new EventSourceMapping(started.dispatcher, 'Stimuli', {
    target: started.dispatcher,
    eventSourceArn: queues.stimuli.queueArn,
    batchSize: capacity.stimuliBatchSize,
    // One failed item must not bring its whole batch back.
    reportBatchItemFailures: true,
    // The valve: each unit holds a batch of executions and their steps.
    maxConcurrency: capacity.dispatchers,
  });

  const deliveries = new EventSourceMapping(started.webhook, 'Deliveries', {
    target: started.webhook,
    eventSourceArn: queues.deliveries.queueArn,
    batchSize: 5,
    reportBatchItemFailures: true,
    // Polite to warehouses, and small beside the stimuli.
    maxConcurrency: 5,
  });

  for (const mapping of [stimuli, deliveries]) {
    keep(
      mapping,
      "A queue's mapping can have none: the queue's redrive policy names the dead-letter queue.",
      'Serverless-LambdaEventSourceMappingDestination',
    );
  }

  new EventSourceMapping(started.publisher, 'Commits', {
    target: started.publisher,
    eventSourceArn: orders.tableStreamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 50,
    // Only new commits carry outgoing events; other rows, deletions and expiries do not. Those with news are marked, so that
    // nobody is woken for the others.
    filters: [
      FilterCriteria.filter({
        eventName: ['INSERT'],
        dynamodb: {
          Keys: { sk: { S: FilterRule.beginsWith('E#') } },
          ...(rules.publish === 'all' ? {} : { NewImage: { news: { S: ['1'] } } }),
        },
      }),
    ],
    // What the bus does not take, and a row that cannot be read, gets a timer, and the sweep goes on with it. So a batch fails
    // only when the table does not take timers either, or the function dies: then the stream brings it for hours, halved
    // until a record that kills the function is alone. What is given up on after that lands in the dead-letter queue as a
    // position.
    bisectBatchOnError: true,
    retryAttempts: 500,
    maxRecordAge: Duration.days(1),
    onFailure: { bind: () => ({ destination: queues.publisherDeadLetters.queueArn }) },
  });

  const minute = new Rule(started.timers, 'EveryMinute', {
    description: 'Sweep of due work',
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [{ bind: () => ({ arn: started.timers.functionArn }) }],
  });
  new CfnPermission(started.timers, 'EveryMinutePermission', {
    action: 'lambda:InvokeFunction',
    functionName: started.timers.functionName,
    principal: 'events.amazonaws.com',
    sourceArn: minute.ruleArn,
  });
  keep(
    started.timers,
    'A lost sweep is made good a minute later; its empty event is worth nothing. TimersErrorAlarm and TimersSilentAlarm ring.',
    'Serverless-LambdaAsyncFailureDestination',
    'Serverless-EventBusDLQ',
  );
}
