/** The functions: what each may do, what it is told, and how large it is. The workflows' dispatcher is in workflows.ts. */

import { Duration } from 'aws-cdk-lib';
import type { CfnTable, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import {
  allow,
  apiBases,
  CONSUME,
  dynamodb,
  index,
  reads,
  readsProviders,
  rules,
  starting,
  whereabouts,
} from './access';
import { keep } from './findings';
import type { Foundry } from './foundry';
import { PROVIDERS, type Settings } from './props';
import type { Queues } from './queues';

/** What functions work on. */
export interface World {
  readonly orders: Table;
  readonly stock: Table;
  readonly bus: EventBus;
  readonly queues: Queues;
}

/** Edges: people, storefronts and providers wait for these. */
export function edges(foundry: Foundry, settings: Settings, world: World) {
  const { orders, stock, queues } = world;
  const { secrets, capacity } = settings;
  const stores = { ORDERS_TABLE: orders.tableName, STOCK_TABLE: stock.tableName };
  const deciding = { ...stores, STIMULI_QUEUE_URL: queues.stimuli.queueUrl, ...rules(settings) };
  const credentials = { CREDENTIALS_SECRET_ARN: whereabouts(secrets.credentials) };
  const readCredentials = reads('ReadCredentials', secrets.credentials);
  const sendStimuli = allow('SendStimuli', ['sqs:SendMessage'], queues.stimuli.queueArn);
  return {
    intake: foundry.make('intake', {
      description: 'POST /v1/orders: commits the order, then sends its stimulus',
      // A shopper waits for this one. 512 MB buys the share of a CPU that keeps the TLS handshakes of a cold start short;
      // the work itself needs 15 MB.
      memory: 512,
      timeout: Duration.seconds(10),
      // So that a promotion's steps cannot starve the door, nor the door the rest of the account.
      reserved: capacity.intakeReserved,
      access: [
        allow('CommitOrders', dynamodb('GetItem', 'PutItem', 'Query'), orders.tableArn),
        sendStimuli,
        readCredentials,
        reads('ReadOrderIdKey', secrets.orderId),
      ],
      variables: { ...deciding, ...credentials, ORDER_ID_SECRET_ARN: whereabouts(secrets.orderId) },
      secrets: [secrets.credentials, secrets.orderId],
    }),

    orders: foundry.make('orders', {
      description: 'Order queries and staff commands',
      // People wait for these answers: sized as intake.
      memory: 512,
      timeout: Duration.seconds(10),
      access: [
        allow('CommitOrders', dynamodb('DeleteItem', 'GetItem', 'PutItem', 'Query'), orders.tableArn),
        allow(
          'ListOrders',
          dynamodb('Query'),
          ...['customer', 'day', 'ledger', 'tasks'].map((name) => index(orders, name)),
        ),
        allow('ReadLedger', dynamodb('BatchGetItem'), orders.tableArn),
        allow('MoveStock', dynamodb('UpdateItem'), stock.tableArn),
        sendStimuli,
        readCredentials,
      ],
      variables: { ...deciding, ...credentials },
      secrets: [secrets.credentials],
    }),

    inventory: foundry.make('inventory', {
      description: 'Locations, stock and products',
      // Warehouse staff and nightly imports: not latency-bound.
      memory: 256,
      timeout: Duration.seconds(10),
      access: [
        allow('ReadAndWriteStock', dynamodb('GetItem', 'PutItem', 'Query', 'UpdateItem'), stock.tableArn),
        allow('RaiseTasks', dynamodb('DeleteItem', 'PutItem'), orders.tableArn),
        readCredentials,
      ],
      variables: { ...stores, ...credentials },
      secrets: [secrets.credentials],
    }),

    paymentCallback: foundry.make('payment-callback', {
      description: 'POST /v1/payments/{provider}/callbacks: verifies, then commits the fact',
      // Providers give up after 5 to 20 seconds and then send the same again: no shopper waits, so half of intake's memory.
      memory: 256,
      timeout: Duration.seconds(10),
      // Money that has moved must be recorded, whatever else is busy.
      reserved: capacity.paymentCallbackReserved,
      access: [
        allow(
          'CommitOrders',
          dynamodb('ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'),
          orders.tableArn,
        ),
        allow('FindPayments', dynamodb('Query'), index(orders, 'payment')),
        // What a payment covers goes to its locations in the same commit.
        allow('MoveStock', dynamodb('UpdateItem'), stock.tableArn),
        sendStimuli,
        ...readsProviders(secrets),
      ],
      variables: deciding,
      secrets: PROVIDERS.map((provider) => secrets[provider]),
    }),

    paymentStart: foundry.make('payment-start', {
      description: 'POST /v1/orders/{order_id}/payments/{payment_id}/start: begins a payment at its provider',
      // A shopper waits for this one: sized as intake. A provider that says nothing for 8 seconds is given up.
      memory: 512,
      timeout: Duration.seconds(10),
      access: [
        // Only what was begun is noted: no goods move, and no task is closed.
        allow('CommitOrders', dynamodb('GetItem', 'PutItem', 'Query'), orders.tableArn),
        sendStimuli,
        readCredentials,
        ...readsProviders(secrets),
      ],
      variables: { ...deciding, ...credentials, ...apiBases(settings), ...starting(settings) },
      secrets: [secrets.credentials, ...PROVIDERS.map((provider) => secrets[provider])],
    }),

    shippingNotify: foundry.make('shipping-notify', {
      description: 'Warehouse and carrier events',
      // Warehouses' and carriers' systems wait for these answers, no shopper: half of intake's memory.
      memory: 256,
      timeout: Duration.seconds(10),
      access: [
        allow('CommitOrders', dynamodb('DeleteItem', 'GetItem', 'PutItem', 'Query'), orders.tableArn),
        allow('ReadAndMoveStock', dynamodb('Query', 'UpdateItem'), stock.tableArn),
        sendStimuli,
        readCredentials,
        ...(secrets.standardCarrier ? [reads('ReadStandardCarrierSecret', secrets.standardCarrier)] : []),
      ],
      variables: {
        ...deciding,
        ...credentials,
        STANDARD_CARRIER_SECRET_ARN: whereabouts(secrets.standardCarrier),
      },
      secrets: [secrets.credentials, secrets.standardCarrier],
    }),
  };
}

/** Steps of the workflows that are nothing else. Nobody waits in person, so half the memory of an edge. */
export function steps(foundry: Foundry, settings: Settings, world: World) {
  const { orders, stock, queues } = world;
  const { secrets } = settings;
  const readBenefits = secrets.benefits ? [reads('ReadBenefitsSecret', secrets.benefits)] : [];
  const deciding = {
    ORDERS_TABLE: orders.tableName,
    STOCK_TABLE: stock.tableName,
    STIMULI_QUEUE_URL: queues.stimuli.queueUrl,
    ...rules(settings),
  };
  const commitOrders = allow('CommitOrders', dynamodb('DeleteItem', 'GetItem', 'PutItem', 'Query'), orders.tableArn);
  const sendStimuli = allow('SendStimuli', ['sqs:SendMessage'], queues.stimuli.queueArn);
  return {
    validation: foundry.make('validation', {
      description: 'Step of placement: checks an order against the catalogue and reserves it',
      memory: 256,
      timeout: Duration.seconds(10),
      access: [
        commitOrders,
        allow('ReadCatalogueAndMoveStock', dynamodb('Query', 'UpdateItem'), stock.tableArn),
        sendStimuli,
        ...readBenefits,
      ],
      variables: { ...deciding, BENEFITS_SECRET_ARN: whereabouts(secrets.benefits) },
      secrets: [secrets.benefits],
    }),

    allocation: foundry.make('allocation', {
      description: 'Steps: plan shipments, release stock',
      memory: 256,
      timeout: Duration.seconds(10),
      access: [commitOrders, allow('ReadAndMoveStock', dynamodb('Query', 'UpdateItem'), stock.tableArn), sendStimuli],
      variables: deciding,
    }),

    refund: foundry.make('refund', {
      description: 'Step of reversal: voids, refunds and queries at the payment provider',
      memory: 256,
      // Calls the provider, whose answer may take seconds: longer than the other steps.
      timeout: Duration.seconds(25),
      access: [
        commitOrders,
        allow('MoveStock', dynamodb('UpdateItem'), stock.tableArn),
        sendStimuli,
        ...readsProviders(secrets),
        ...readBenefits,
      ],
      variables: { ...deciding, ...apiBases(settings), BENEFITS_SECRET_ARN: whereabouts(secrets.benefits) },
      secrets: [...PROVIDERS.map((provider) => secrets[provider]), secrets.benefits],
    }),
  };
}

/** What the stream, the clock and the deliveries queue start. */
export function background(foundry: Foundry, settings: Settings, world: World) {
  const { orders, stock, bus, queues } = world;
  const { secrets } = settings;
  const stream = orders.tableStreamArn;
  if (!stream) {
    throw new Error('Waybill: the orders table has no stream to publish from');
  }
  const publish = allow('Publish', ['events:PutEvents'], bus.eventBusArn);
  const publisher = foundry.make('publisher', {
    description: 'Stream of the orders table to the event bus',
    // Short by design: a stream shard waits for its function, which waits for the bus and hardly reckons.
    memory: 128,
    timeout: Duration.seconds(15),
    access: [
      allow('ReadStream', dynamodb('DescribeStream', 'GetRecords', 'GetShardIterator'), stream),
      allow('ListStreams', dynamodb('ListStreams'), `${orders.tableArn}/stream/*`),
      allow('SetTimers', dynamodb('PutItem'), orders.tableArn),
      allow('ReadLocations', dynamodb('Query'), stock.tableArn),
      publish,
      allow('ReportLostBatches', ['sqs:SendMessage'], queues.publisherDeadLetters.queueArn),
    ],
    variables: {
      ORDERS_TABLE: orders.tableName,
      STOCK_TABLE: stock.tableName,
      EVENT_BUS_NAME: bus.eventBusName,
      PUBLISH: settings.rules.publish,
    },
  });
  const table = orders.stack.getLogicalId(orders.node.defaultChild as CfnTable);
  keep(
    publisher.role ?? publisher,
    "Lambda's poller lists the table's streams: a stream's name is its time of birth, unknown beforehand. No other table's.",
    `AwsSolutions-IAM5[Resource::<${table}.Arn>/stream/*]`,
  );
  return {
    publisher,

    timers: foundry.make('timers', {
      description: 'Every minute: sweeps orders whose work is due and events that were not sent',
      memory: 256,
      // Under a minute, so that sweeps do not pile up.
      timeout: Duration.seconds(50),
      // The next sweep is a minute away: a retry of this one would only overlap with it.
      asynchronous: { retryAttempts: 0, maxEventAge: Duration.minutes(1) },
      access: [
        allow('CommitOrders', dynamodb('DeleteItem', 'GetItem', 'PutItem', 'Query'), orders.tableArn),
        allow('ReadAndMoveStock', dynamodb('Query', 'UpdateItem'), stock.tableArn),
        allow('SendStimuli', ['sqs:SendMessage'], queues.stimuli.queueArn),
        publish,
      ],
      variables: {
        ORDERS_TABLE: orders.tableName,
        STOCK_TABLE: stock.tableName,
        STIMULI_QUEUE_URL: queues.stimuli.queueUrl,
        EVENT_BUS_NAME: bus.eventBusName,
        PUBLISH: settings.rules.publish,
        ...rules(settings),
      },
    }),

    webhook: foundry.make('webhook', {
      description: 'Deliveries queue to signed webhooks of warehouses',
      memory: 256,
      // Calls addresses outside, each with a time-out of its own well below this one.
      timeout: Duration.seconds(30),
      access: [
        allow('ConsumeDeliveries', CONSUME, queues.deliveries.queueArn),
        allow('ReadOrders', dynamodb('GetItem', 'Query'), orders.tableArn),
        allow('ReadLocations', dynamodb('Query'), stock.tableArn),
        ...(secrets.warehouseWebhook ? [reads('ReadWarehouseWebhookSecret', secrets.warehouseWebhook)] : []),
      ],
      variables: {
        DELIVERIES_QUEUE_URL: queues.deliveries.queueUrl,
        ORDERS_TABLE: orders.tableName,
        STOCK_TABLE: stock.tableName,
        WAREHOUSE_WEBHOOK_SECRET_ARN: whereabouts(secrets.warehouseWebhook),
      },
      secrets: [secrets.warehouseWebhook],
    }),
  };
}
