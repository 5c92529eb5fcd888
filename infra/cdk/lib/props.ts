/** What a deployer decides, with the defaults of `infra/template.yaml`; a test compares the two. */

import * as path from 'node:path';
import { Duration, Token } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';

/** Where a stack runs. `staging` and `prod` protect their tables and reserve concurrency; `prod` keeps its tables. */
export type Stage = 'dev' | 'staging' | 'prod';

/** How much the functions say. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** The payment providers that have a secret and an API of their own; one that a stack has no secret of is off. */
export const PROVIDERS = ['stripe', 'wechatpay', 'alipay', 'adyen', 'paypal'] as const;

/** A payment provider. */
export type Provider = (typeof PROVIDERS)[number];

/** Those whose secret says where their API is, so that no address need be given. */
const ADDRESSED_BY_SECRET: ReadonlySet<Provider> = new Set<Provider>(['adyen', 'paypal']);

/** The secrets, made beforehand: README.md says what is in each. Only their ARNs reach a function. */
export interface WaybillSecrets {
  /** Who may call. */
  readonly credentials: ISecret;
  /** The key that makes order ids. With another key, an order that is sent again gets another id: keep it. */
  readonly orderId: ISecret;
  /** API key and signing secrets of Stripe. @default - Stripe is off */
  readonly stripe?: ISecret;
  /** Numbers and keys of WeChat Pay's merchant. @default - WeChat Pay is off */
  readonly wechatpay?: ISecret;
  /** Numbers and keys of Alipay's app. @default - Alipay is off */
  readonly alipay?: ISecret;
  /** Keys of Adyen's merchant account. @default - Adyen is off */
  readonly adyen?: ISecret;
  /** Keys of PayPal's app and PayPal's certificates. @default - PayPal is off */
  readonly paypal?: ISecret;
  /** Signing secrets of the standard carrier's callbacks. @default - they are off */
  readonly standardCarrier?: ISecret;
  /** Signs what is sent to warehouses. @default - no webhooks */
  readonly warehouseWebhook?: ISecret;
  /** Signs calls to the service of `rules.benefitsUrl`; needed where that is set. @default - none */
  readonly benefits?: ISecret;
}

/** From when on a promise of money is taken: never by Waybill, or with the first part of the order at that moment. */
export type CaptureMoment = 'provider' | 'release' | 'shipped' | 'delivered';

/** What becomes of a deposit whose balance does not come by its day. */
export type OnDefault = 'refund' | 'keep';

/** The rules of the business. */
export interface OrderRules {
  /** How long an order may stay unpaid and keep its stock. @default 30 minutes */
  readonly paymentWindow?: Duration;
  /** How long a hold waits for a person before it rejects the order. @default 1 day */
  readonly holdWindow?: Duration;
  /** Totals above which a person looks, by currency: `{ CNY: '5000.00' }`. @default - none */
  readonly reviewThreshold?: Readonly<Record<string, string>>;
  /** What people send back of one order above this waits for a second person, by currency: `{ CNY: '200.00' }`. @default - never */
  readonly refundApprovalAbove?: Readonly<Record<string, string>>;
  /**
   * When an authorized payment is captured, by channel: `{ '*': 'provider', web: 'shipped' }`; `*` is every other channel.
   * @default - never by Waybill
   */
  readonly captureWhen?: Readonly<Record<string, CaptureMoment>>;
  /** What a refund takes from first where an order was paid by gift card and by other money. @default 'money' */
  readonly refundFirst?: 'money' | 'gift_card';
  /**
   * What becomes of deposits whose balance does not come by its day, by channel: `{ '*': 'refund', web: 'keep' }`; `*` is every
   * other channel. Whether a shop may keep any is a question of law.
   * @default - they go back
   */
  readonly depositOnDefault?: Readonly<Record<string, OnDefault>>;
  /** More of one SKU in an order is refused. @default 999 */
  readonly maxLineQuantity?: number;
  /** Whether cash on delivery is offered. @default true */
  readonly cashOnDelivery?: boolean;
  /** Providers through which Waybill begins payments; each needs its secret. @default - none: storefronts begin all of them */
  readonly startPayments?: readonly Provider[];
  /** Hosts to which buyers may be sent back after a payment that Waybill began. @default - none */
  readonly paymentReturnHosts?: readonly string[];
  /** Whether payments are real; a callback of the other kind pays for nothing. @default false */
  readonly liveMode?: boolean;
  /**
   * Address of the service that keeps count of coupons, points and gift cards.
   * @default '' - coupons and points are taken as the storefront says, and gift cards are not taken
   */
  readonly benefitsUrl?: string;
  /** Address of Stripe's API; another one only for tests. @default 'https://api.stripe.com' */
  readonly stripeApiBase?: string;
  /** Address of WeChat Pay's API; another one only for tests. @default 'https://api.mch.weixin.qq.com' */
  readonly wechatpayApiBase?: string;
  /**
   * Address of Alipay's API, without /gateway.do; another one only for tests and Alipay's sandbox.
   * @default 'https://openapi.alipay.com'
   */
  readonly alipayApiBase?: string;
  /** Address of Adyen's Checkout API for tests. @default '' - that of the environment that the secret names */
  readonly adyenApiBase?: string;
  /** Address of PayPal's API for tests. @default '' - the live one or the sandbox's, as the secret says */
  readonly paypalApiBase?: string;
  /** How long a warehouse may leave a released shipment unanswered before a task is raised. @default 1 day */
  readonly shipmentResponse?: Duration;
  /** How long after delivery an order is closed. @default 15 days */
  readonly closeAfter?: Duration;
  /**
   * How long queues have for what is due before the sweep looks at an order. At least twice as long as any function may run;
   * less only where losing an order does not matter. @default 5 minutes
   */
  readonly lookout?: Duration;
  /**
   * Which commits leave on the event bus. `milestones` leaves out those that are no news for other systems: accepted, packed,
   * on its way, closed and the like. The order's timeline has all of them. @default 'milestones'
   */
  readonly publish?: 'milestones' | 'all';
}

/** How much is done at once. */
export interface Capacity {
  /**
   * Dispatchers at once. Each holds up to `stimuliBatchSize` executions and as many steps: keep it under a tenth of what
   * the account's concurrency leaves. @default 10
   */
  readonly dispatchers?: number;
  /** Stimuli in one dispatcher invocation; they run at the same time. @default 10 */
  readonly stimuliBatchSize?: number;
  /** Reserved for intake, in staging and prod. @default 100 */
  readonly intakeReserved?: number;
  /** Reserved for payment callbacks, in staging and prod. @default 50 */
  readonly paymentCallbackReserved?: number;
  /** Requests a second that the API takes, over all routes; above it 429. @default 500 */
  readonly requestsPerSecond?: number;
  /** Requests at once above that rate. @default 1000 */
  readonly burst?: number;
}

/** A name of one's own for the API. The generated address is switched off then. */
export interface CustomDomain {
  /** Such as `orders.example.com`. */
  readonly name: string;
  /** A certificate for it, in the stack's region. */
  readonly certificate: ICertificate;
  /** Where the name's record is made. @default - none is made: point the name at `waybill.domain.regionalDomainName` */
  readonly hostedZone?: IHostedZone;
}

/** Where the prebuilt parts lie. */
export interface Artifacts {
  /** A folder for each function with its `bootstrap` in it. @default - `target/lambda` of this checkout */
  readonly bootstraps?: string;
  /** The folder of `*.asl.json`. @default - `statemachines` of this checkout */
  readonly stateMachines?: string;
}

/** All that can be said about a Waybill. */
export interface WaybillProps {
  readonly secrets: WaybillSecrets;
  /** @default 'dev' */
  readonly stage?: Stage;
  /** As the staged binaries are. @default Architecture.ARM_64 */
  readonly architecture?: Architecture;
  /** @default 'info' */
  readonly logLevel?: LogLevel;
  /** Of every log group. Logs carry ids, never names or addresses; even so they are not kept for ever. @default one month */
  readonly logRetention?: RetentionDays;
  /** X-Ray for functions and workflows; billed per trace. @default false */
  readonly tracing?: boolean;
  /** Where alarms ring. @default - they only show in the console */
  readonly alarmTopic?: ITopic;
  readonly rules?: OrderRules;
  readonly capacity?: Capacity;
  /** @default - the generated address */
  readonly domain?: CustomDomain;
  readonly artifacts?: Artifacts;
}

/** The same with nothing left open, except what is off when it is not given. */
export interface Settings {
  readonly stage: Stage;
  readonly architecture: Architecture;
  readonly logLevel: LogLevel;
  readonly logRetention: RetentionDays;
  readonly tracing: boolean;
  readonly alarmTopic?: ITopic;
  readonly secrets: WaybillSecrets;
  readonly rules: Required<OrderRules>;
  readonly capacity: Required<Capacity>;
  readonly domain?: CustomDomain;
  readonly artifacts: Required<Artifacts>;
}

/** The checkout that this file is part of. */
const CHECKOUT = path.resolve(__dirname, '..', '..', '..');

/** Fills in the defaults and refuses what the SAM template's parameters would refuse. */
export function settle(props: WaybillProps): Settings {
  const settings: Settings = {
    stage: props.stage ?? 'dev',
    architecture: props.architecture ?? Architecture.ARM_64,
    logLevel: props.logLevel ?? 'info',
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    tracing: props.tracing ?? false,
    alarmTopic: props.alarmTopic,
    secrets: props.secrets,
    rules: {
      paymentWindow: props.rules?.paymentWindow ?? Duration.minutes(30),
      holdWindow: props.rules?.holdWindow ?? Duration.days(1),
      reviewThreshold: props.rules?.reviewThreshold ?? {},
      refundApprovalAbove: props.rules?.refundApprovalAbove ?? {},
      captureWhen: props.rules?.captureWhen ?? { '*': 'provider' },
      refundFirst: props.rules?.refundFirst ?? 'money',
      depositOnDefault: props.rules?.depositOnDefault ?? { '*': 'refund' },
      maxLineQuantity: props.rules?.maxLineQuantity ?? 999,
      cashOnDelivery: props.rules?.cashOnDelivery ?? true,
      startPayments: props.rules?.startPayments ?? [],
      paymentReturnHosts: props.rules?.paymentReturnHosts ?? [],
      liveMode: props.rules?.liveMode ?? false,
      benefitsUrl: props.rules?.benefitsUrl ?? '',
      stripeApiBase: props.rules?.stripeApiBase ?? 'https://api.stripe.com',
      wechatpayApiBase: props.rules?.wechatpayApiBase ?? 'https://api.mch.weixin.qq.com',
      alipayApiBase: props.rules?.alipayApiBase ?? 'https://openapi.alipay.com',
      adyenApiBase: props.rules?.adyenApiBase ?? '',
      paypalApiBase: props.rules?.paypalApiBase ?? '',
      shipmentResponse: props.rules?.shipmentResponse ?? Duration.days(1),
      closeAfter: props.rules?.closeAfter ?? Duration.days(15),
      lookout: props.rules?.lookout ?? Duration.minutes(5),
      publish: props.rules?.publish ?? 'milestones',
    },
    capacity: {
      dispatchers: props.capacity?.dispatchers ?? 10,
      stimuliBatchSize: props.capacity?.stimuliBatchSize ?? 10,
      intakeReserved: props.capacity?.intakeReserved ?? 100,
      paymentCallbackReserved: props.capacity?.paymentCallbackReserved ?? 50,
      requestsPerSecond: props.capacity?.requestsPerSecond ?? 500,
      burst: props.capacity?.burst ?? 1000,
    },
    domain: props.domain,
    artifacts: {
      bootstraps: props.artifacts?.bootstraps ?? path.join(CHECKOUT, 'target', 'lambda'),
      stateMachines: props.artifacts?.stateMachines ?? path.join(CHECKOUT, 'statemachines'),
    },
  };
  const found = problems(settings);
  if (found.length > 0) {
    throw new Error(`Waybill: ${found.join('; ')}`);
  }
  return settings;
}

function problems({ rules, capacity, secrets }: Settings): string[] {
  const found: string[] = [];
  const within = (name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER) => {
    // A token's value is CloudFormation's to check.
    if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= least && value <= most)) {
      found.push(`${name} is ${value}, not a whole number of at least ${least} and at most ${most}`);
    }
  };
  within('capacity.dispatchers', capacity.dispatchers, 2, 1000);
  within('capacity.stimuliBatchSize', capacity.stimuliBatchSize, 1, 10);
  within('capacity.intakeReserved', capacity.intakeReserved, 1);
  within('capacity.paymentCallbackReserved', capacity.paymentCallbackReserved, 1);
  within('capacity.requestsPerSecond', capacity.requestsPerSecond, 1);
  within('capacity.burst', capacity.burst, 1);
  within('rules.maxLineQuantity', rules.maxLineQuantity, 1);
  within('rules.lookout, in seconds,', rules.lookout.toSeconds({ integral: false }), 10);
  for (const name of ['paymentWindow', 'holdWindow', 'shipmentResponse', 'closeAfter'] as const) {
    within(`rules.${name}, in seconds,`, rules[name].toSeconds({ integral: false }), 1);
  }
  for (const name of ['reviewThreshold', 'refundApprovalAbove'] as const) {
    for (const [currency, amount] of Object.entries(rules[name])) {
      if (!/^[A-Z]{3}$/.test(currency) || !/^[0-9]+(\.[0-9]+)?$/.test(amount)) {
        found.push(`rules.${name}: ${currency}=${amount} is no amount of a currency`);
      }
    }
  }
  for (const [channel, moment] of Object.entries(rules.captureWhen)) {
    if (!/^(\*|[0-9A-Za-z._-]+)$/.test(channel) || !['provider', 'release', 'shipped', 'delivered'].includes(moment)) {
      found.push(`rules.captureWhen: ${channel}=${moment} is no moment of a channel`);
    }
  }
  for (const [channel, onDefault] of Object.entries(rules.depositOnDefault)) {
    if (!/^(\*|[0-9A-Za-z._-]+)$/.test(channel) || !['refund', 'keep'].includes(onDefault)) {
      found.push(`rules.depositOnDefault: ${channel}=${onDefault} is neither refund nor keep of a channel`);
    }
  }
  for (const provider of rules.startPayments) {
    // The function that begins payments would not start.
    if (!Token.isUnresolved(provider) && secrets[provider] === undefined) {
      found.push(`rules.startPayments names ${provider}, which needs secrets.${provider}`);
    }
  }
  for (const host of rules.paymentReturnHosts) {
    if (!Token.isUnresolved(host) && !/^[a-z0-9.-]+$/.test(host)) {
      found.push(`rules.paymentReturnHosts: ${host} is no host's name in small letters`);
    }
  }
  if (
    !Token.isUnresolved(rules.benefitsUrl) &&
    !/^$|^https:\/\/[^?#]+$|^http:\/\/(127\.0\.0\.1|localhost)([:/][^?#]*)?$/.test(rules.benefitsUrl)
  ) {
    found.push(`rules.benefitsUrl is ${rules.benefitsUrl}, not an address`);
  }
  if (rules.benefitsUrl !== '' && secrets.benefits === undefined) {
    found.push('rules.benefitsUrl needs secrets.benefits, which signs what is sent there');
  }
  for (const provider of PROVIDERS) {
    const base = rules[`${provider}ApiBase`];
    const inSecret = base === '' && ADDRESSED_BY_SECRET.has(provider);
    if (!Token.isUnresolved(base) && !inSecret && !/^https?:\/\/.+/.test(base)) {
      found.push(`rules.${provider}ApiBase is ${base}, not an address`);
    }
  }
  return found;
}
