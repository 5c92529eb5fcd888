/**
 * The three stages of the example app, as samconfig.toml has them for SAM: a test compares the two, value by value. What has
 * to be replaced: the account and the secrets' ARNs. The secrets' values never stand in a file.
 */

import { Duration } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Stage, WaybillProps } from '../index';

const REGION = 'us-east-1';
const ACCOUNT = '111122223333';

const REVIEW_THRESHOLD = { CNY: '5000.00', USD: '1000.00' };

/** The properties of each stage; secrets and topics need a construct to hang on. */
export const STAGES: Readonly<Record<Stage, (scope: Construct) => WaybillProps>> = {
  // Small, cheap, thrown away with its stack.
  dev: (scope) => ({
    stage: 'dev',
    architecture: Architecture.ARM_64,
    logLevel: 'debug',
    logRetention: RetentionDays.ONE_WEEK,
    tracing: true,
    secrets: {
      credentials: secret(scope, 'waybill/dev/credentials'),
      orderId: secret(scope, 'waybill/dev/order-id'),
      stripe: secret(scope, 'waybill/dev/stripe'),
    },
    rules: {
      paymentWindow: Duration.minutes(10),
      reviewThreshold: REVIEW_THRESHOLD,
      closeAfter: Duration.hours(1),
    },
    capacity: {
      dispatchers: 5,
      intakeReserved: 10,
      paymentCallbackReserved: 10,
      requestsPerSecond: 50,
      burst: 100,
    },
  }),

  // As production, with test payments.
  staging: (scope) => ({
    stage: 'staging',
    architecture: Architecture.ARM_64,
    logRetention: RetentionDays.ONE_MONTH,
    tracing: true,
    alarmTopic: topic(scope, 'waybill-staging-alarms'),
    secrets: secrets(scope, 'staging'),
    rules: { reviewThreshold: REVIEW_THRESHOLD },
    capacity: {
      dispatchers: 10,
      intakeReserved: 20,
      paymentCallbackReserved: 10,
      requestsPerSecond: 200,
      burst: 400,
    },
  }),

  // Real money.
  prod: (scope) => ({
    stage: 'prod',
    architecture: Architecture.ARM_64,
    logRetention: RetentionDays.SIX_MONTHS,
    alarmTopic: topic(scope, 'waybill-prod-alarms'),
    secrets: secrets(scope, 'prod'),
    rules: { reviewThreshold: REVIEW_THRESHOLD, liveMode: true },
    capacity: {
      dispatchers: 50,
      intakeReserved: 200,
      paymentCallbackReserved: 100,
      requestsPerSecond: 2000,
      burst: 4000,
    },
  }),
};

function secrets(scope: Construct, stage: Stage): WaybillProps['secrets'] {
  return {
    credentials: secret(scope, `waybill/${stage}/credentials`),
    orderId: secret(scope, `waybill/${stage}/order-id`),
    stripe: secret(scope, `waybill/${stage}/stripe`),
    wechatpay: secret(scope, `waybill/${stage}/wechatpay`),
    alipay: secret(scope, `waybill/${stage}/alipay`),
    adyen: secret(scope, `waybill/${stage}/adyen`),
    paypal: secret(scope, `waybill/${stage}/paypal`),
    standardCarrier: secret(scope, `waybill/${stage}/standard-carrier`),
    warehouseWebhook: secret(scope, `waybill/${stage}/warehouse-webhook`),
  };
}

/** The full ARN, suffix included: a role is then given this secret and no other that begins with the same name. */
function secret(scope: Construct, name: string) {
  return Secret.fromSecretCompleteArn(
    scope,
    name.replaceAll('/', '-'),
    `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AAAAAA`,
  );
}

function topic(scope: Construct, name: string) {
  return Topic.fromTopicArn(scope, 'AlarmTopic', `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`);
}
