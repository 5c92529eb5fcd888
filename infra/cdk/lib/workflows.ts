/**
 * The three workflows and the dispatcher that runs them. Express: billed by duration, thousands of starts a second, at most
 * five minutes. The state of an order waits in the table, never in an execution.
 */

import * as path from 'node:path';
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { allow, CONSUME, TRACE } from './access';
import { keep } from './findings';
import type { Foundry } from './foundry';
import type { Settings } from './props';
import type { Queues } from './queues';

/** The workflows. */
export interface Workflows {
  readonly placement: StateMachine;
  readonly fulfilment: StateMachine;
  readonly reversal: StateMachine;
}

/** The functions that are steps. */
export interface Steps {
  readonly validation: Function;
  readonly allocation: Function;
  readonly refund: Function;
}

/** Log delivery knows no resource-level permissions: AWS demands the wildcard. */
const DELIVER_LOGS = [
  'CreateLogDelivery',
  'DeleteLogDelivery',
  'DescribeLogGroups',
  'DescribeResourcePolicies',
  'GetLogDelivery',
  'ListLogDeliveries',
  'PutResourcePolicy',
  'UpdateLogDelivery',
].map((action) => `logs:${action}`);

/** Makes the workflows. */
export function workflows(scope: Construct, settings: Settings, steps: Steps): Workflows {
  const { validation, allocation, refund } = steps;
  const make = (name: string, used: Record<string, Function>): StateMachine => {
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    const logGroup = new LogGroup(scope, `${title}LogGroup`, {
      // The vendedlogs prefix keeps the account's one resource policy for log delivery from growing past its limit.
      logGroupName: `/aws/vendedlogs/states/${Aws.STACK_NAME}/${name}`,
      retention: settings.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${title}Role`, {
      description: `Execution role of the ${name} workflow`,
      // Only on behalf of this account's machines (confused deputy).
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        [name]: new PolicyDocument({
          statements: [
            allow('InvokeSteps', ['lambda:InvokeFunction'], ...Object.values(used).map((step) => step.functionArn)),
            allow('DeliverLogs', DELIVER_LOGS, '*'),
            ...(settings.tracing
              ? [allow('Trace', ['xray:GetSamplingRules', 'xray:GetSamplingTargets', ...TRACE], '*')]
              : []),
          ],
        }),
      },
    });
    keep(role, 'Delivering logs and traces knows no resource-level permissions.', 'AwsSolutions-IAM5[Resource::*]');
    const made = new StateMachine(scope, `${title}StateMachine`, {
      stateMachineType: StateMachineType.EXPRESS,
      definitionBody: DefinitionBody.fromFile(path.join(settings.artifacts.stateMachines, `${name}.asl.json`)),
      definitionSubstitutions: Object.fromEntries(
        Object.entries(used).map(([step, made]) => [`${step}FunctionArn`, made.functionArn]),
      ),
      // Its statements are above, by name; the construct would add the same again.
      role: role.withoutPolicyUpdates(),
      // Errors only, and no execution data: the order's own timeline is the record, and data may be personal.
      logs: { destination: logGroup, level: LogLevel.ERROR, includeExecutionData: false },
      tracingEnabled: settings.tracing,
    });
    keep(
      made,
      "Every event of every execution would be billed and written, and the order's own timeline is the record.",
      'AwsSolutions-SF1',
    );
    if (!settings.tracing) {
      keep(
        made,
        'X-Ray is billed per trace and a switch (`tracing`).',
        'AwsSolutions-SF2',
        'Serverless-StepFunctionStateMachineXray',
      );
    }
    return made;
  };
  return {
    placement: make('placement', { Validation: validation }),
    fulfilment: make('fulfilment', { Allocation: allocation }),
    reversal: make('reversal', { Refund: refund, Allocation: allocation }),
  };
}

/** Makes the function that turns stimuli into synchronous executions. */
export function dispatcher(foundry: Foundry, workflows: Workflows, queues: Queues): Function {
  const arns = {
    PLACEMENT_ARN: workflows.placement.stateMachineArn,
    FULFILMENT_ARN: workflows.fulfilment.stateMachineArn,
    REVERSAL_ARN: workflows.reversal.stateMachineArn,
  };
  return foundry.make('dispatcher', {
    description: 'Stimuli queue to synchronous Express executions',
    // Waits for one batch of executions at once. Nesting: worst-case workflow < ITEM_DEADLINE_SECONDS < this time-out <=
    // the queue's visibility time-out / 6.
    // It waits and hardly reckons: the least memory there is; its batch is ten short messages.
    memory: 128,
    timeout: Duration.seconds(150),
    access: [
      allow('ConsumeStimuli', CONSUME, queues.stimuli.queueArn),
      allow('RunWorkflows', ['states:StartSyncExecution'], ...Object.values(arns)),
    ],
    variables: { ...arns, ITEM_DEADLINE_SECONDS: '140', STIMULI_QUEUE_URL: queues.stimuli.queueUrl },
  });
}
