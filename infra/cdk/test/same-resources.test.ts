/**
 * SAM and CDK make the same resources: for the defaults and for each stage, every resource, property, policy statement, route,
 * event source, alarm and output is compared. What may differ is in intended-differences.json, each with its reason; one
 * that is not listed fails, and so does one that is listed and no longer there.
 *
 * Not compared: SAM's parameters and conditions, which are the construct's properties (their effect is compared), and the
 * bootstrap version that CDK's stacks ask for.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Canonical, Json } from './canonical';
import { type Difference, differences, type Intended, judge } from './differences';
import intended from './intended-differences.json';
import { CASES, type Case, cdk, sam } from './templates';

const SAM = sam();
const CDK = Object.fromEntries(CASES.map((name) => [name, cdk(name).canonical])) as Record<Case, Canonical>;

const told = (found: readonly Difference[]): string =>
  found.map(({ at, sam, cdk }) => `\n  ${at}\n    SAM ${JSON.stringify(sam)}\n    CDK ${JSON.stringify(cdk)}`).join('');

for (const name of CASES) {
  test(`${name}: SAM and CDK make the same resources`, () => {
    assert.ok(Object.keys(SAM[name].resources).length > 100, 'the template is read');
    const { unlisted } = judge(differences(SAM[name], CDK[name]), intended as Intended[]);
    assert.deepEqual(unlisted, [], told(unlisted));
  });
}

test('every intended difference is there', () => {
  const all = CASES.flatMap((name) => differences(SAM[name], CDK[name]));
  const { idle } = judge(all, intended as Intended[]);
  assert.deepEqual(idle, []);
});

test('stages differ, so that comparing all of them says more than comparing one', () => {
  for (const [one, other] of [
    ['defaults', 'dev'],
    ['dev', 'staging'],
    ['staging', 'prod'],
  ] as const) {
    assert.notDeepEqual(CDK[one], CDK[other]);
  }
});

type Fields = { [key: string]: Json };

/** A mistake made in the construct, and where it has to be seen. */
const MISTAKES: ReadonlyArray<[what: string, make: (resources: Record<string, Fields>) => void, at: string]> = [
  ['a route is forgotten', (all) => delete all['CancelOrderRoute'], 'CancelOrderRoute'],
  ['a queue is added', (all) => (all['NewQueue'] = { Type: 'AWS::SQS::Queue' }), 'NewQueue'],
  [
    'a role may do more',
    (all) =>
      dig(all, 'IntakeRole.Properties.Policies.0.PolicyDocument.Statement.CommitOrders.Action').push('dynamodb:Scan'),
    'IntakeRole.Properties.Policies[0].PolicyDocument.Statement.CommitOrders.Action',
  ],
  [
    'a statement is missing',
    (all) => delete dig(all, 'RefundRole.Properties.Policies.0.PolicyDocument.Statement').ReadStripeSecret,
    'RefundRole.Properties.Policies[0].PolicyDocument.Statement.ReadStripeSecret',
  ],
  [
    'an alarm rings later',
    (all) => (dig(all, 'OverdueAlarm.Properties').Threshold = '6000'),
    'OverdueAlarm.Properties.Threshold',
  ],
  [
    'an alarm rings nowhere',
    (all) => delete dig(all, 'StimuliAgeAlarm.Properties').AlarmActions,
    'StimuliAgeAlarm.Properties.AlarmActions',
  ],
  [
    'a function gets the code of another',
    (all) => (dig(all, 'RefundFunction.Properties').Code = { artifact: 'orders' }),
    'RefundFunction.Properties.Code.artifact',
  ],
  [
    'a table goes with its stack',
    (all) => (dig(all, 'OrdersTable').DeletionPolicy = 'Delete'),
    'OrdersTable.DeletionPolicy',
  ],
  [
    'an event source reads everything',
    (all) => delete dig(all, 'PublisherFunctionCommits.Properties').FilterCriteria,
    'PublisherFunctionCommits.Properties.FilterCriteria',
  ],
];

for (const [what, make, at] of MISTAKES) {
  test(`it is noticed when ${what}`, () => {
    const broken = structuredClone(CDK.prod);
    make(broken.resources);
    const { unlisted } = judge(differences(SAM.prod, broken), intended as Intended[]);
    assert.deepEqual(
      unlisted.map((difference) => difference.at),
      [at],
    );
  });
}

function dig(from: unknown, at: string): any {
  return at.split('.').reduce((inner, key) => {
    assert.ok(inner !== null && typeof inner === 'object' && key in inner, `${at}: no ${key}`);
    return (inner as Record<string, unknown>)[key];
  }, from);
}
