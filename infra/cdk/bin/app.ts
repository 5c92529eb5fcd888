/**
 * The example app: `npx cdk deploy waybill-dev`. Each stage is a stack of its own, named as samconfig.toml names it.
 * Synthesising needs no account and no network; a finding of cdk-nag that nobody has given a reason for fails it.
 */

import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { type Stage, Waybill } from '../index';
import { STAGES } from './stages';

const app = new App({
  // The stack's tags are the stack's; CloudFormation hands them on to its resources.
  postCliContext: { '@aws-cdk/core:explicitStackTags': true },
});

for (const stage of Object.keys(STAGES) as Stage[]) {
  const stack = new Stack(app, `waybill-${stage}`, {
    description: 'Waybill: order management from checkout to delivery (HTTP API, functions, queues, workflows, tables)',
    tags: { project: 'waybill', stage },
    terminationProtection: stage === 'prod',
  });
  new Waybill(stack, 'Waybill', STAGES[stage](stack)).addOutputs();
}

Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

app.synth();
