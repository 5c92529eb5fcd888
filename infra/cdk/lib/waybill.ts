/** Waybill as a construct for a stack of one's own. */

import { Aws, CfnOutput, Stack } from 'aws-cdk-lib';
import type { DomainName, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { alarms } from './alarms';
import { door } from './api';
import { Foundry } from './foundry';
import { background, edges, steps } from './functions';
import { settle, type WaybillProps } from './props';
import { deliveriesRule, eventBus, type Queues, queues } from './queues';
import { sources } from './sources';
import { ordersTable, stockTable } from './tables';
import { dispatcher, type Workflows, workflows } from './workflows';

/** The functions by name. */
export type FunctionName =
  | 'intake'
  | 'orders'
  | 'inventory'
  | 'paymentCallback'
  | 'paymentStart'
  | 'shippingNotify'
  | 'validation'
  | 'allocation'
  | 'refund'
  | 'dispatcher'
  | 'publisher'
  | 'timers'
  | 'webhook';

/**
 * Order management from checkout to delivery: the same resources as `infra/template.yaml`.
 *
 * The members are ordinary constructs. Add a rule to `bus` for your own systems, give a function of yours
 * `ordersTable.grantReadData`, add a dashboard over `functions` and `queues`. A stack holds one Waybill, since log groups and
 * the bus carry the stack's name.
 */
export class Waybill extends Construct {
  /** Address of the HTTP API. */
  readonly apiUrl: string;
  readonly api: HttpApi;
  /** With a domain: its target, for the name's record. */
  readonly domain?: DomainName;
  readonly ordersTable: Table;
  readonly stockTable: Table;
  /** One CloudEvent for each commit that is news (docs/events.md). */
  readonly bus: EventBus;
  readonly queues: Queues;
  readonly functions: Readonly<Record<FunctionName, Function>>;
  readonly workflows: Workflows;
  /** By name, such as `StimuliDeadLetter`. */
  readonly alarms: Readonly<Record<string, Alarm>>;

  constructor(scope: Construct, id: string, props: WaybillProps) {
    super(scope, id);
    const stack = Stack.of(this);
    if (stack.node.findAll().some((other) => other instanceof Waybill && other !== this)) {
      throw new Error(`Waybill: ${stack.node.path} has one already; give each a stack of its own`);
    }
    const settings = settle(props);

    this.ordersTable = ordersTable(this, settings.stage);
    this.stockTable = stockTable(this, settings.stage);
    this.queues = queues(this);
    this.bus = eventBus(this);
    deliveriesRule(this, this.bus, this.queues);

    const world = { orders: this.ordersTable, stock: this.stockTable, bus: this.bus, queues: this.queues };
    const foundry = new Foundry(this, settings);
    const doing = {
      ...edges(foundry, settings, world),
      ...steps(foundry, settings, world),
      ...background(foundry, settings, world),
    };
    this.workflows = workflows(this, settings, doing);
    this.functions = { ...doing, dispatcher: dispatcher(foundry, this.workflows, this.queues) };
    sources(this.functions, this.ordersTable, this.queues, settings);

    const { api, url, domain } = door(this, settings, doing);
    this.api = api;
    this.apiUrl = url;
    // For providers that are told with each payment or refund where its result goes.
    doing.refund.addEnvironment('PUBLIC_API_URL', url);
    doing.paymentStart.addEnvironment('PUBLIC_API_URL', url);
    this.domain = domain;
    const { queues: watched, workflows: machines } = this;
    this.alarms = alarms(this, settings, { queues: watched, workflows: machines, api, ...doing });
  }

  /** Gives the stack the outputs of `infra/template.yaml`, by the same names: the commands of docs/operations.md read them. */
  addOutputs(): void {
    const { queues, workflows } = this;
    const outputs: Record<string, string> = {
      ApiUrl: this.apiUrl,
      ApiId: this.api.apiId,
      OrdersTable: this.ordersTable.tableName,
      StockTable: this.stockTable.tableName,
      StimuliQueueUrl: queues.stimuli.queueUrl,
      StimuliDeadLetterQueueUrl: queues.stimuliDeadLetters.queueUrl,
      DeliveriesQueueUrl: queues.deliveries.queueUrl,
      DeliveriesDeadLetterQueueUrl: queues.deliveriesDeadLetters.queueUrl,
      PublisherDeadLetterQueueUrl: queues.publisherDeadLetters.queueUrl,
      PlacementArn: workflows.placement.stateMachineArn,
      FulfilmentArn: workflows.fulfilment.stateMachineArn,
      ReversalArn: workflows.reversal.stateMachineArn,
      EventBusName: this.bus.eventBusName,
      EventBusArn: this.bus.eventBusArn,
      TimersFunctionName: this.functions.timers.functionName,
      FunctionLogPrefix: `/aws/lambda/${Aws.STACK_NAME}/`,
    };
    const scope = new Construct(this, 'Outputs');
    for (const [name, value] of Object.entries(outputs)) {
      new CfnOutput(scope, name, { value }).overrideLogicalId(name);
    }
  }
}
