/** What a function may do and what it is told, in the words that the functions share. */

import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { PROVIDERS, type Settings, type WaybillSecrets } from './props';

/** Environment variables. */
export type Variables = Record<string, string>;

/** One statement: each has a name, so that a person can say which one is meant. */
export function allow(sid: string, actions: string[], ...resources: string[]): PolicyStatement {
  return new PolicyStatement({ sid, actions, resources });
}

/** An action of DynamoDB in full. */
export const dynamodb = (...actions: string[]): string[] => actions.map((action) => `dynamodb:${action}`);

/** Taking messages from a queue, as Lambda's poller and the function's own back-off do. */
export const CONSUME = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].map(
  (action) => `sqs:${action}`,
);

/** What X-Ray needs of a function; it knows no resources. */
export const TRACE = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];

/** An index of a table. Not `*`: a function that lists customers' orders has no business in the tasks. */
export const index = (table: Table, name: string): string => `${table.tableArn}/index/${name}`;

/** A secret's ARN; for one that was only named, the pattern that fits its suffix. */
export const readable = (secret: ISecret): string => secret.secretFullArn ?? `${secret.secretArn}-??????`;

/** Leave to read a secret. */
export const reads = (sid: string, secret: ISecret): PolicyStatement =>
  allow(sid, ['secretsmanager:GetSecretValue'], readable(secret));

/** Leave to read the secrets of the payment providers that are on. */
export function readsProviders(secrets: WaybillSecrets): PolicyStatement[] {
  return PROVIDERS.flatMap((provider) => {
    const secret = secrets[provider];
    return secret ? [reads(`Read${provider.charAt(0).toUpperCase()}${provider.slice(1)}Secret`, secret)] : [];
  });
}

/** Where a secret is, for a function to read it; empty: the feature is off. */
export const whereabouts = (secret?: ISecret): string => secret?.secretFullArn ?? secret?.secretArn ?? '';

/** The rules, for every function that decides. */
export function rules({ rules, secrets }: Settings): Variables {
  return {
    PAYMENT_WINDOW_SECONDS: seconds(rules.paymentWindow),
    HOLD_WINDOW_SECONDS: seconds(rules.holdWindow),
    REVIEW_THRESHOLD: amounts(rules.reviewThreshold),
    REFUND_APPROVAL_ABOVE: amounts(rules.refundApprovalAbove),
    CAPTURE_WHEN: amounts(rules.captureWhen),
    REFUND_FIRST: rules.refundFirst,
    DEPOSIT_ON_DEFAULT: amounts(rules.depositOnDefault),
    MAX_LINE_QUANTITY: String(rules.maxLineQuantity),
    LIVE_MODE: String(rules.liveMode),
    COD_ENABLED: String(rules.cashOnDelivery),
    BENEFITS_URL: rules.benefitsUrl,
    ...Object.fromEntries(
      PROVIDERS.map((provider) => [`${provider.toUpperCase()}_SECRET_ARN`, whereabouts(secrets[provider])]),
    ),
    SHIPMENT_RESPONSE_SECONDS: seconds(rules.shipmentResponse),
    CLOSE_AFTER_SECONDS: seconds(rules.closeAfter),
    LOOKOUT_SECONDS: seconds(rules.lookout),
  };
}

/** What Waybill begins, for the one function that does. */
export const starting = ({ rules }: Settings): Variables => ({
  START_PAYMENTS: rules.startPayments.join(','),
  PAYMENT_RETURN_HOSTS: rules.paymentReturnHosts.join(','),
});

/** Where each payment provider's API is, for the functions that call it. */
export function apiBases({ rules }: Settings): Variables {
  return Object.fromEntries(
    PROVIDERS.map((provider) => [`${provider.toUpperCase()}_API_BASE`, rules[`${provider}ApiBase`]]),
  );
}

const amounts = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([currency, amount]) => `${currency}=${amount}`)
    .join(',');

const seconds = (duration: { toSeconds(): number }): string => String(duration.toSeconds());
