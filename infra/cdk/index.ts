/** Waybill for CDK apps. */

export type {
  Artifacts,
  Capacity,
  CustomDomain,
  LogLevel,
  OrderRules,
  Stage,
  WaybillProps,
  WaybillSecrets,
} from './lib/props';
export type { Queues } from './lib/queues';
export { type FunctionName, Waybill } from './lib/waybill';
export type { Workflows } from './lib/workflows';
