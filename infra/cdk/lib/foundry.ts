/** How a function is made: a log group, a role with what it uses and nothing else, and the staged binary. */

import * as path from 'node:path';
import { Aws, type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  type CfnFunction,
  Code,
  Function,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { allow, TRACE, type Variables } from './access';
import { keep } from './findings';
import type { Settings } from './props';

/** All that differs between two functions. */
export interface Blueprint {
  readonly description: string;
  readonly memory: number;
  readonly timeout: Duration;
  /** Only in staging and prod, since a new account has 10 in all. */
  readonly reserved?: number;
  /** Retries of asynchronous invocations, and how old one may become; for functions that have such. */
  readonly asynchronous?: { readonly retryAttempts: number; readonly maxEventAge: Duration };
  readonly access: readonly PolicyStatement[];
  readonly variables: Variables;
  /** Those it reads: a key of the customer's own behind one is granted along with it. */
  readonly secrets?: readonly (ISecret | undefined)[];
}

/** Makes functions of one stack. */
export class Foundry {
  constructor(
    private readonly scope: Construct,
    private readonly settings: Settings,
  ) {}

  /** The function whose folder below `functions/` has this name. */
  make(folder: string, blueprint: Blueprint): Function {
    const { settings, scope } = this;
    const name = pascal(folder);
    const logGroup = new LogGroup(scope, `${name}LogGroup`, {
      logGroupName: `/aws/lambda/${Aws.STACK_NAME}/${folder}`,
      retention: settings.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const statements = [
      allow('WriteOwnLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
      ...blueprint.access,
      ...(settings.tracing ? [allow('Trace', TRACE, '*')] : []),
    ];
    const role = new Role(scope, `${name}Role`, {
      description: `Execution role of ${folder}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { [folder]: new PolicyDocument({ statements }) },
    });
    const made = new Function(scope, `${name}Function`, {
      description: blueprint.description,
      // A static binary named bootstrap.
      runtime: Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      architecture: settings.architecture,
      code: Code.fromAsset(path.join(settings.artifacts.bootstraps, folder)),
      role,
      logGroup,
      // The functions write JSON themselves and filter it by LOG_LEVEL. Lambda's own START, END and REPORT would be the larger
      // part of what is paid for; those of a call that failed or was cut off still come.
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.TRACE,
      systemLogLevelV2: SystemLogLevel.WARN,
      memorySize: blueprint.memory,
      timeout: blueprint.timeout,
      reservedConcurrentExecutions: settings.stage === 'dev' ? undefined : blueprint.reserved,
      environment: { STAGE: settings.stage, LOG_LEVEL: settings.logLevel, ...blueprint.variables },
      // Set below: the construct would add a second, unnamed statement to the role.
      tracing: Tracing.DISABLED,
      ...blueprint.asynchronous,
    });
    (made.node.defaultChild as CfnFunction).tracingConfig = { mode: settings.tracing ? 'Active' : 'PassThrough' };
    for (const secret of blueprint.secrets ?? []) {
      secret?.encryptionKey?.grantDecrypt(role);
    }
    keep(
      made,
      'Only the clock invokes asynchronously, and its next tick makes a lost one good; queues and stream have dead-letter queues.',
      'Serverless-LambdaDLQ',
    );
    if (settings.tracing) {
      keep(
        role,
        'X-Ray knows no resource-level permissions.',
        'AwsSolutions-IAM5[Resource::*]',
        'Serverless-LambdaStarPermissions',
      );
    } else {
      keep(
        made,
        'X-Ray is billed per trace and a switch (`tracing`); the timeline and one log line for each call say what happened.',
        'Serverless-LambdaTracing',
      );
    }
    return made;
  }
}

/** `payment-callback` becomes `PaymentCallback`. */
function pascal(folder: string): string {
  return folder.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
