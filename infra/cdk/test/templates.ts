/** The two templates of each case: SAM's as its transform expands it, and CDK's as it is synthesised. */

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { STAGES } from '../bin/stages';
import { Waybill, type WaybillProps } from '../index';
import { type Canonical, canonical, type Json } from './canonical';

type Fields = { [key: string]: Json };

/** The stages of samconfig.toml and of the example app, and a Waybill of which nothing is said but what must be. */
export const CASES = ['defaults', 'dev', 'staging', 'prod'] as const;
export type Case = (typeof CASES)[number];

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** The interpreter that `cargo local` has made, which has the SAM transform. */
const PYTHON = path.join(ROOT, 'target', 'local', 'venv', 'bin', 'python');

/** SAM's side. */
export const sam = once((): Record<Case, Canonical> => {
  if (!fs.existsSync(PYTHON)) {
    throw new Error('target/local/venv is missing: run `cargo local demo` first, which also stages the functions');
  }
  const text = execFileSync(PYTHON, [path.join(__dirname, 'expand.py')], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const cases = JSON.parse(text) as Record<Case, { parameters: Record<string, string>; template: Fields }>;
  const read = (name: Case) => canonical(cases[name].template, { parameters: texts(cases[name].parameters) });
  return { defaults: read('defaults'), dev: read('dev'), staging: read('staging'), prod: read('prod') };
});

/** A synthesised stack. */
export interface Synthesised {
  readonly stack: Stack;
  readonly waybill: Waybill;
  /** As CloudFormation gets it. */
  readonly template: Fields;
  readonly canonical: Canonical;
}

/** CDK's side. */
export const cdk = once((name: Case): Synthesised => synthesise(name));

/** A case made anew, with a context of its own. */
export function synthesise(name: Case, context: Record<string, unknown> = {}): Synthesised {
  // Unstaged, an asset's path says what it was made of, and nothing is copied.
  const app = new App({ context: { 'aws:cdk:disable-asset-staging': true, ...context } });
  const stack = new Stack(app, `waybill-${name}`);
  const props = name === 'defaults' ? least(stack) : STAGES[name](stack);
  const waybill = new Waybill(stack, 'Waybill', props);
  waybill.addOutputs();
  const assembly = app.synth();
  const artifact = assembly.getStackByName(stack.stackName);
  const template = artifact.template as Fields;
  const manifest = JSON.parse(
    fs.readFileSync(path.join(assembly.directory, `${stack.artifactId}.assets.json`), 'utf8'),
  );
  const artifacts: Record<string, string> = {};
  for (const [key, asset] of Object.entries<{ source: { path: string } }>(manifest.files)) {
    artifacts[key] = path.basename(asset.source.path);
  }
  const names: Record<string, string> = {};
  for (const construct of waybill.node.findAll()) {
    if (CfnResource.isCfnResource(construct)) {
      names[stack.resolve(construct.logicalId)] = said(construct, waybill);
    }
  }
  return { stack, waybill, template, canonical: canonical(template, { names, artifacts }) };
}

function least(stack: Stack): WaybillProps {
  const secret = (name: string) =>
    Secret.fromSecretCompleteArn(stack, name, `arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}-AAAAAA`);
  return { secrets: { credentials: secret('credentials'), orderId: secret('order-id') } };
}

/** The name that SAM gives: the path within Waybill, without the `Resource` that constructs wrap. */
function said(construct: CfnResource, waybill: Waybill): string {
  return construct.node.path
    .slice(waybill.node.path.length + 1)
    .split('/')
    .filter((part) => part !== 'Resource')
    .join('');
}

const texts = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

/** The same answer to the same question. */
function once<Questions extends string[], Answer>(
  ask: (...questions: Questions) => Answer,
): (...questions: Questions) => Answer {
  const known = new Map<string, Answer>();
  return (...questions) => {
    const key = questions.join();
    const answer = known.get(key) ?? ask(...questions);
    known.set(key, answer);
    return answer;
  };
}
