/** The two tables. docs/tables.md has their rows and access patterns. */

import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type GlobalSecondaryIndexProps,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import type { Stage } from './props';

const text = (name: string) => ({ name, type: AttributeType.STRING });

/** All sparse: only rows that carry the attributes are in them. None has a bare status as its key. */
const INDEXES: readonly GlobalSecondaryIndexProps[] = [
  {
    indexName: 'customer',
    partitionKey: text('g_customer'),
    sortKey: text('g_created'),
    projectionType: ProjectionType.KEYS_ONLY,
  },
  // Day, channel and shard: one day's orders of a busy channel must not meet in one partition.
  {
    indexName: 'day',
    partitionKey: text('g_day'),
    sortKey: text('g_created'),
    projectionType: ProjectionType.KEYS_ONLY,
  },
  // Tasks are few and shown whole.
  {
    indexName: 'tasks',
    partitionKey: text('g_task'),
    sortKey: text('g_task_since'),
    projectionType: ProjectionType.ALL,
  },
  // The order behind a provider's own id of a payment.
  { indexName: 'payment', partitionKey: text('g_payment'), projectionType: ProjectionType.KEYS_ONLY },
  // Commits that moved money, by day and shard: the books of a day.
  {
    indexName: 'ledger',
    partitionKey: text('g_ledger'),
    sortKey: text('g_created'),
    projectionType: ProjectionType.KEYS_ONLY,
  },
];

/** Commits of orders, and rows for timers, tasks, work lists, tracking numbers, idempotency keys and parked callbacks. */
export function ordersTable(scope: Construct, stage: Stage): Table {
  const table = new Table(scope, 'OrdersTable', {
    ...kept(stage),
    // The publisher needs what was written; nothing reads what was there before.
    stream: StreamViewType.NEW_IMAGE,
    // Idempotency keys and marks of unknown events only; orders never carry it.
    timeToLiveAttribute: 'ttl',
  });
  for (const index of INDEXES) {
    table.addGlobalSecondaryIndex(index);
  }
  return table;
}

/** Products, locations, and one item for each SKU at a location. */
export function stockTable(scope: Construct, stage: Stage): Table {
  return new Table(scope, 'StockTable', kept(stage));
}

function kept(stage: Stage): TableProps {
  return {
    partitionKey: text('pk'),
    sortKey: text('sk'),
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: stage !== 'dev',
    removalPolicy: stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  };
}
