/** No secret stands in plain text: not in an environment variable, not elsewhere in a template, not in a stage's settings. */

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import type { Canonical, Json } from './canonical';
import { CASES, cdk, sam } from './templates';

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** Variables that are told in so many words; any other one holds a reference to a resource or a secret's ARN. */
const SPOKEN = new Set([
  'STAGE',
  'LOG_LEVEL',
  'PAYMENT_WINDOW_SECONDS',
  'HOLD_WINDOW_SECONDS',
  'REVIEW_THRESHOLD',
  'REFUND_APPROVAL_ABOVE',
  'CAPTURE_WHEN',
  'REFUND_FIRST',
  'DEPOSIT_ON_DEFAULT',
  'MAX_LINE_QUANTITY',
  'LIVE_MODE',
  'COD_ENABLED',
  'SHIPMENT_RESPONSE_SECONDS',
  'CLOSE_AFTER_SECONDS',
  'LOOKOUT_SECONDS',
  'PUBLISH',
  'ITEM_DEADLINE_SECONDS',
  'STRIPE_API_BASE',
  'WECHATPAY_API_BASE',
  'ALIPAY_API_BASE',
  'ADYEN_API_BASE',
  'PAYPAL_API_BASE',
  'START_PAYMENTS',
  'BENEFITS_URL',
  'PAYMENT_RETURN_HOSTS',
]);

const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/;

/** What keys and tokens look like, and the references that CloudFormation would replace by a secret's value. */
const SECRETS = [
  /\bsk_(live|test)_\w+/,
  /\brk_live_\w+/,
  /\bwhsec_\w+/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /-----BEGIN/,
  /\{\{resolve:/,
];

type Fields = { [key: string]: Json };

function problems({ resources }: Canonical): string[] {
  const found: string[] = [];
  for (const [id, resource] of Object.entries(resources)) {
    const variables = ((resource['Properties'] as Fields)['Environment'] as Fields | undefined)?.['Variables'] ?? {};
    for (const [name, value] of Object.entries(variables as Record<string, string>)) {
      const secret = name.endsWith('_SECRET_ARN');
      // Empty: the feature is off.
      const fine = secret ? value === '' || SECRET_ARN.test(value) : SPOKEN.has(name) || /^\$\{[\w.]+\}$/.test(value);
      if (!fine) {
        found.push(`${id}: ${name} is ${value}`);
      }
    }
  }
  const text = JSON.stringify(resources);
  return found.concat(
    SECRETS.filter((pattern) => pattern.test(text)).map((pattern) => `${pattern} is in the template`),
  );
}

const SAM = sam();

for (const name of CASES) {
  test(`${name}: no secret in plain text`, () => {
    const functions = Object.values(SAM[name].resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    assert.equal(functions.length, 13);
    assert.deepEqual(problems(SAM[name]), []);
    assert.deepEqual(problems(cdk(name).canonical), []);
  });
}

test('no secret in the settings of a stage', () => {
  for (const file of ['samconfig.toml', 'infra/template.yaml', 'infra/cdk/bin/stages.ts']) {
    const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
    assert.deepEqual(
      SECRETS.filter((pattern) => pattern.test(text)),
      [],
      file,
    );
  }
});

test('a secret in plain text is noticed', () => {
  const cases: Array<[string, string]> = [
    ['STRIPE_SECRET_ARN', 'sk_live_0123456789'],
    ['STRIPE_SECRET_ARN', 'hunter2'],
    ['STRIPE_API_KEY', 'hunter2'],
    ['ALIPAY_SECRET_ARN', '-----BEGIN PRIVATE KEY-----'],
    ['CREDENTIALS', '{{resolve:secretsmanager:waybill/prod/credentials}}'],
  ];
  for (const [name, value] of cases) {
    const broken = structuredClone(SAM.prod);
    const properties = broken.resources['RefundFunction']?.['Properties'] as Fields;
    ((properties['Environment'] as Fields)['Variables'] as Fields)[name] = value;
    assert.notDeepEqual(problems(broken), [], `${name}=${value}`);
  }
});
