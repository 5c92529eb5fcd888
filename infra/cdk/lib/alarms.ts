/** What has to wake somebody. docs/operations.md says for each what to do. */

import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { PROVIDERS, type Settings } from './props';
import type { Queues } from './queues';
import type { Workflows } from './workflows';

/** What alarms look at. */
export interface Watched {
  readonly queues: Queues;
  readonly workflows: Workflows;
  readonly api: HttpApi;
  readonly paymentCallback: Function;
  readonly publisher: Function;
  readonly timers: Function;
}

/** An alarm's metric and when it rings. */
type Limit = Pick<
  AlarmProps,
  'evaluationPeriods' | 'datapointsToAlarm' | 'threshold' | 'comparisonOperator' | 'treatMissingData'
>;

const above = (threshold: number): Limit => ({
  evaluationPeriods: 1,
  threshold,
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
});
const from = (threshold: number): Limit => ({
  evaluationPeriods: 1,
  threshold,
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
});
/** What is never started reports nothing, and that is the bad news. */
const silent: Limit = {
  evaluationPeriods: 1,
  threshold: 1,
  comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.BREACHING,
};
/** Not one bad minute, but three of five. */
const lastingly = (limit: Limit): Limit => ({ ...limit, evaluationPeriods: 5, datapointsToAlarm: 3 });

const minute = Duration.minutes(1);

/** Makes the alarms, by name. */
export function alarms(scope: Construct, settings: Settings, watched: Watched): Record<string, Alarm> {
  const made: Record<string, Alarm> = {};
  const ring = (name: string, description: string, metric: IMetric, limit: Limit) => {
    const alarm = new Alarm(scope, `${name}Alarm`, {
      alarmDescription: description,
      metric,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...limit,
    });
    if (settings.alarmTopic) {
      const action = new SnsAction(settings.alarmTopic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    made[name] = alarm;
  };
  const { queues, workflows, api, paymentCallback, publisher, timers } = watched;

  const waiting = (queue: IQueue) =>
    queue.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: Stats.MAXIMUM });
  ring(
    'StimuliDeadLetter',
    "An order's work failed again and again: read the message's order, mend, redrive",
    waiting(queues.stimuliDeadLetters),
    above(0),
  );
  ring(
    'DeliveriesDeadLetter',
    "A warehouse's webhook could not be delivered: check its address, redrive",
    waiting(queues.deliveriesDeadLetters),
    above(0),
  );
  ring(
    'PublisherDeadLetter',
    'A batch of the stream was given up: the sweep publishes its events, but find out why',
    waiting(queues.publisherDeadLetters),
    above(0),
  );

  // A stimulus is normally taken within a second. Ten minutes means that the valve is too small for the load, or that
  // executions fail.
  ring(
    'StimuliAge',
    'Orders wait too long for their workflow',
    queues.stimuli.metricApproximateAgeOfOldestMessage({ period: minute, statistic: Stats.MAXIMUM }),
    lastingly(above(600)),
  );

  // A failed execution comes back by the queue, so one is no reason to wake anyone; a handful in five minutes is.
  for (const [name, workflow] of Object.entries(workflows)) {
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    const five = { period: Duration.minutes(5), statistic: Stats.SUM };
    ring(`${title}Failed`, `Executions of ${name} fail`, workflow.metricFailed(five), from(5));
    ring(`${title}TimedOut`, `Executions of ${name} outlast their time`, workflow.metricTimedOut(five), from(5));
  }

  ring(
    'ApiServerError',
    'The API answers 5xx',
    api.metricServerError({ period: minute, statistic: Stats.SUM }),
    lastingly(from(5)),
  );

  // A provider sends again after minutes, then hours: with a wrong signing secret a single payment makes three refusals in
  // an hour, and never five a minute.
  const counted = (metricName: string, period: Duration, dimensions: Record<string, string>) =>
    new Metric({
      namespace: 'Waybill',
      metricName,
      dimensionsMap: { ...dimensions, stage: settings.stage },
      period,
      statistic: Stats.SUM,
    });
  for (const provider of PROVIDERS.filter((name) => settings.secrets[name])) {
    const title = provider.charAt(0).toUpperCase() + provider.slice(1);
    ring(
      `${title}CallbacksRefused`,
      `Callbacks of ${provider} are refused: its signing secret is wrong or was changed, or somebody tries`,
      counted('CallbacksRefused', Duration.hours(1), { function: 'payment-callback', provider }),
      // WeChat Pay sends a wrong signature now and then, to see it refused.
      from(provider === 'wechatpay' ? 10 : 3),
    );
  }
  // What a provider says of money is waited for by an order, so that the first one rings.
  ring(
    'CallbacksNotStored',
    'A genuine callback could not be read or stored: the provider sends it again, for a day or more. Mend before it gives up',
    counted('CallbacksNotStored', Duration.minutes(5), { function: 'payment-callback' }),
    from(1),
  );
  // A function that does not start, because a secret cannot be read for instance, counts nothing itself.
  ring(
    'PaymentCallbackError',
    'Callbacks of payments are not answered: the function does not start, dies or runs out of time',
    paymentCallback.metricErrors({ period: Duration.minutes(5), statistic: Stats.SUM }),
    from(1),
  );
  // Over all functions that see it: the publisher, the sweep and the callbacks.
  ring(
    'MoneyWaits',
    'Money waits for a person: a payment that does not fit or has no order, a refund or capture to be done by hand. Read GET /v1/tasks',
    counted('MoneyWaits', Duration.minutes(5), {}),
    from(1),
  );

  ring(
    'PublisherError',
    'Events do not reach the bus from the stream',
    publisher.metricErrors({ period: minute, statistic: Stats.SUM }),
    lastingly(above(0)),
  );
  ring(
    'PublisherLag',
    'Events leave more than five minutes late',
    publisher.metric('IteratorAge', { period: minute, statistic: Stats.MAXIMUM }),
    lastingly(above(300_000)),
  );

  // The sweep is the safety net under everything else: when it fails, nothing else will say so. It reports single rows
  // that fail as a metric of its own, and how overdue the most overdue order is.
  const swept = (metricName: string, statistic: string) =>
    new Metric({
      namespace: 'Waybill',
      metricName,
      dimensionsMap: { function: 'timers', stage: settings.stage },
      period: minute,
      statistic,
    });
  ring(
    'TimersError',
    'The sweep of due work fails',
    timers.metricErrors({ period: minute, statistic: Stats.SUM }),
    lastingly(above(0)),
  );
  ring(
    'TimersSilent',
    'No sweep has been started for five minutes',
    timers.metricInvocations({ period: Duration.minutes(5), statistic: Stats.SUM }),
    silent,
  );
  ring(
    'SweepFailures',
    'Due orders or events fail in every sweep: read the log of timers',
    swept('SweepFailures', Stats.SUM),
    lastingly(above(0)),
  );
  ring(
    'Overdue',
    'An order has waited for its work for more than ten minutes',
    swept('OldestOverdueSeconds', Stats.MAXIMUM),
    lastingly(above(600)),
  );
  return made;
}
