/** The HTTP API: its stage, its routes, and where it is found. */

import { Aws, Fn, RemovalPolicy } from 'aws-cdk-lib';
import {
  CfnIntegration,
  CfnRoute,
  DomainName,
  HttpApi,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { CfnPermission, type Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import type { Construct } from 'constructs';
import { keep } from './findings';
import type { Settings } from './props';

/** The functions that requests start. */
export type Edge = 'intake' | 'orders' | 'inventory' | 'paymentCallback' | 'paymentStart' | 'shippingNotify';

/** Name and key of every route. */
const ROUTES: Readonly<Record<Edge, Readonly<Record<string, string>>>> = {
  intake: { PlaceOrder: 'POST /v1/orders' },
  orders: {
    ListOrders: 'GET /v1/orders',
    GetOrder: 'GET /v1/orders/{order_id}',
    CancelOrder: 'POST /v1/orders/{order_id}/cancellation',
    RequestRefund: 'POST /v1/orders/{order_id}/refunds',
    OpenPayment: 'POST /v1/orders/{order_id}/payments',
    ReleaseHold: 'POST /v1/orders/{order_id}/holds/{hold_id}/release',
    RejectHold: 'POST /v1/orders/{order_id}/holds/{hold_id}/reject',
    RetryCapture: 'POST /v1/orders/{order_id}/captures/{capture_id}/retry',
    WithdrawCapture: 'POST /v1/orders/{order_id}/captures/{capture_id}/withdraw',
    RetryRefund: 'POST /v1/orders/{order_id}/refunds/{refund_id}/retry',
    SettleRefund: 'POST /v1/orders/{order_id}/refunds/{refund_id}/settle',
    ApproveRefund: 'POST /v1/orders/{order_id}/refunds/{refund_id}/approval',
    DeclineRefund: 'POST /v1/orders/{order_id}/refunds/{refund_id}/decline',
    RetryAllocation: 'POST /v1/orders/{order_id}/allocation/retry',
    AcknowledgeAnomaly: 'POST /v1/orders/{order_id}/anomalies/{anomaly_id}/acknowledge',
    CloseShipmentTrouble: 'POST /v1/orders/{order_id}/shipments/{shipment_id}/close',
    GetOrderLedger: 'GET /v1/orders/{order_id}/ledger',
    GetLedger: 'GET /v1/ledger',
    ListTasks: 'GET /v1/tasks',
    DismissTask: 'POST /v1/tasks/{task_id}/dismiss',
    GetOpenApi: 'GET /v1/openapi.json',
    // Unknown paths and wrong methods: without it the gateway answers in a form of its own, without type and request id.
    UnknownPath: '$default',
  },
  inventory: {
    PutLocation: 'PUT /v1/locations/{location_id}',
    PutStock: 'PUT /v1/stock/{location_id}/{sku}',
    GetStock: 'GET /v1/stock/{sku}',
    PutProduct: 'PUT /v1/products/{sku}',
  },
  paymentCallback: { ReceivePaymentCallback: 'POST /v1/payments/{provider}/callbacks' },
  paymentStart: { StartPayment: 'POST /v1/orders/{order_id}/payments/{payment_id}/start' },
  shippingNotify: {
    ReceiveShipmentEvent: 'POST /v1/shipments/{shipment_id}/events',
    ListShipments: 'GET /v1/shipments',
    ReceiveCarrierCallback: 'POST /v1/carriers/{carrier}/callbacks',
  },
};

/**
 * The route, not the path or query (a customer's id may stand there), and no caller's address: no personal data. What every
 * line has anyway (its time) or the functions' own line says (bytes) is not paid for twice.
 */
const ACCESS_LOG = JSON.stringify({
  request_id: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  ms: '$context.responseLatency',
  error: '$context.error.message $context.integrationErrorMessage',
});

/** The API and where it is found. */
export interface Door {
  readonly api: HttpApi;
  readonly url: string;
  readonly domain?: DomainName;
}

/**
 * Makes the API. No authorizer: who may call is decided in the function, since a credential is bound to channels and a
 * callback is signed over its raw bytes.
 */
export function door(scope: Construct, settings: Settings, edges: Record<Edge, Function>): Door {
  const { capacity, domain } = settings;
  const api = new HttpApi(scope, 'HttpApi', {
    apiName: Aws.STACK_NAME,
    description: 'Waybill',
    createDefaultStage: false,
    // With a name of its own the API answers to that name only.
    disableExecuteApiEndpoint: domain ? true : undefined,
  });
  const logGroup = new LogGroup(scope, 'HttpApiLogGroup', {
    logGroupName: `/aws/vendedlogs/apis/${Aws.STACK_NAME}`,
    retention: settings.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const named =
    domain &&
    new DomainName(scope, 'ApiDomain', {
      domainName: domain.name,
      certificate: domain.certificate,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
  new HttpStage(scope, 'HttpApiStage', {
    httpApi: api,
    // No stage name in paths.
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: capacity.requestsPerSecond, burstLimit: capacity.burst },
    accessLogSettings: {
      destination: new LogGroupLogDestination(logGroup),
      format: AccessLogFormat.custom(ACCESS_LOG),
    },
    domainMapping: named && { domainName: named },
  });
  for (const edge of Object.keys(ROUTES) as Edge[]) {
    routes(scope, api, edge, edges[edge]);
  }
  if (domain?.hostedZone && named) {
    new ARecord(scope, 'ApiRecord', {
      zone: domain.hostedZone,
      recordName: `${domain.name}.`,
      target: RecordTarget.fromAlias(
        new ApiGatewayv2DomainProperties(named.regionalDomainName, named.regionalHostedZoneId),
      ),
    });
  }
  return { api, url: domain ? `https://${domain.name}` : api.apiEndpoint, domain: named };
}

/** One integration and one permission for each function, where the constructs for routes would make one for each route. */
function routes(scope: Construct, api: HttpApi, edge: Edge, target: Function): void {
  const name = edge.charAt(0).toUpperCase() + edge.slice(1);
  const integration = new CfnIntegration(scope, `${name}Integration`, {
    apiId: api.apiId,
    integrationType: 'AWS_PROXY',
    integrationUri: target.functionArn,
    payloadFormatVersion: '2.0',
    timeoutInMillis: 12_000,
  });
  new CfnPermission(scope, `${name}Permission`, {
    action: 'lambda:InvokeFunction',
    functionName: target.functionName,
    principal: 'apigateway.amazonaws.com',
    sourceArn: Fn.sub('arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*', {
      Api: api.apiId,
    }),
  });
  for (const [route, routeKey] of Object.entries(ROUTES[edge])) {
    const made = new CfnRoute(scope, `${route}Route`, {
      apiId: api.apiId,
      routeKey,
      target: `integrations/${integration.ref}`,
    });
    keep(
      made,
      'Who may call is decided in the function: a credential is bound to channels, and a callback is signed over its raw bytes.',
      'AwsSolutions-APIG4',
    );
  }
}
