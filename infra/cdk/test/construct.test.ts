/** What a team builds on: properties that are checked, members that can be extended, ids that stay. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { Waybill, type WaybillProps } from '../index';
import { cdk, synthesise } from './templates';

function shop(): { stack: Stack; props: WaybillProps } {
  const app = new App({ context: { 'aws:cdk:disable-asset-staging': true } });
  const stack = new Stack(app, 'Shop');
  const props = {
    secrets: {
      credentials: Secret.fromSecretNameV2(stack, 'Credentials', 'waybill/credentials'),
      orderId: new Secret(stack, 'OrderId', { encryptionKey: new Key(stack, 'Key') }),
    },
  };
  return { stack, props };
}

test('the flags of a new CDK app change nothing', () => {
  assert.ok(Object.keys(CURRENTLY_RECOMMENDED_FLAGS).length > 50);
  assert.deepEqual(synthesise('prod', CURRENTLY_RECOMMENDED_FLAGS).canonical, cdk('prod').canonical);
});

test('tables keep their logical ids, since another id would be another table', () => {
  const { stack, waybill } = cdk('prod');
  const id = (table: Waybill['ordersTable']) => stack.getLogicalId(table.node.defaultChild as never);
  assert.equal(id(waybill.ordersTable), 'WaybillOrdersTable6ED252CE');
  assert.equal(id(waybill.stockTable), 'WaybillStockTableDBC9707F');
});

test('what the SAM parameters refuse is refused', () => {
  const refused: Array<[Partial<WaybillProps>, RegExp]> = [
    [{ capacity: { dispatchers: 1 } }, /capacity\.dispatchers is 1/],
    [{ capacity: { stimuliBatchSize: 11 } }, /capacity\.stimuliBatchSize is 11/],
    [{ capacity: { burst: 0.5 } }, /capacity\.burst is 0\.5/],
    [{ rules: { paymentWindow: Duration.seconds(0) } }, /rules\.paymentWindow/],
    [{ rules: { lookout: Duration.seconds(9) } }, /rules\.lookout/],
    [{ rules: { reviewThreshold: { yuan: '5000' } } }, /yuan=5000 is no amount/],
    [{ rules: { reviewThreshold: { CNY: '-1' } } }, /CNY=-1 is no amount/],
    [{ rules: { refundApprovalAbove: { CNY: '1,0' } } }, /refundApprovalAbove: CNY=1,0 is no amount/],
    [{ rules: { captureWhen: { 'a b': 'shipped' } } }, /captureWhen: a b=shipped is no moment/],
    [{ rules: { depositOnDefault: { 'a b': 'keep' } } }, /depositOnDefault: a b=keep is neither/],
    [{ rules: { stripeApiBase: 'api.stripe.com' } }, /rules.stripeApiBase is .* not an address/],
    [{ rules: { stripeApiBase: '' } }, /rules.stripeApiBase is .* not an address/],
    [{ rules: { alipayApiBase: 'openapi.alipay.com' } }, /rules.alipayApiBase is .* not an address/],
    [{ rules: { adyenApiBase: 'checkout-test.adyen.com' } }, /rules.adyenApiBase is .* not an address/],
    [{ rules: { benefitsUrl: 'points.example.com' } }, /rules.benefitsUrl is .* not an address/],
    [{ rules: { benefitsUrl: 'https://points.example.com/?shop=1' } }, /rules.benefitsUrl is .* not an address/],
    [{ rules: { benefitsUrl: 'http://localhost:1/#shop' } }, /rules.benefitsUrl is .* not an address/],
    [{ rules: { benefitsUrl: 'https://points.example.com' } }, /rules.benefitsUrl needs secrets.benefits/],
    [{ rules: { startPayments: ['adyen'] } }, /rules.startPayments names adyen, which needs secrets.adyen/],
    [{ rules: { paypalApiBase: 'api-m.paypal.com' } }, /rules.paypalApiBase is .* not an address/],
    [{ artifacts: { bootstraps: '/nowhere' } }, /\/nowhere/],
  ];
  for (const [wrong, message] of refused) {
    const { stack, props } = shop();
    assert.throws(() => new Waybill(stack, 'Waybill', { ...props, ...wrong }), message);
  }
});

test('a stack holds one', () => {
  const { stack, props } = shop();
  new Waybill(stack, 'Waybill', props);
  assert.throws(() => new Waybill(stack, 'Another', props), /has one already/);
});

test("a team's own stack builds on the members", () => {
  const { stack, props } = shop();
  const waybill = new Waybill(stack, 'Waybill', props);
  const reports = new Role(stack, 'Reports', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  waybill.ordersTable.grantReadData(reports);
  waybill.bus.grantPutEventsTo(reports);
  waybill.functions.timers.grantInvoke(reports);
  new Rule(stack, 'Accounting', {
    eventBus: waybill.bus,
    eventPattern: { detailType: ['waybill.order.changed.v1'] },
    targets: [new SqsQueue(new Queue(stack, 'AccountingQueue'))],
  });
  // A function of Waybill's may be given more as well.
  const archive = new Queue(stack, 'Archive');
  archive.grantSendMessages(waybill.functions.publisher);

  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { 'detail-type': ['waybill.order.changed.v1'] },
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: Match.stringLikeRegexp('WaybillPublisherRole') }],
    PolicyDocument: { Statement: [Match.objectLike({ Action: Match.arrayWith(['sqs:SendMessage']) })] },
  });
});

test('a secret by name is read by its name and any suffix; a key of its own is granted along', () => {
  const { stack, props } = shop();
  new Waybill(stack, 'Waybill', props);
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::IAM::Role', {
    Description: 'Execution role of orders',
    Policies: [
      {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Sid: 'ReadCredentials',
              Resource: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('waybill/credentials-\\?{6}$')])] },
            }),
          ]),
        },
      },
    ],
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: Match.stringLikeRegexp('WaybillIntakeRole') }],
    PolicyDocument: { Statement: [Match.objectLike({ Action: 'kms:Decrypt' })] },
  });
});

test('a domain: name, certificate, record, and no second way in', () => {
  const { stack, props } = shop();
  const waybill = new Waybill(stack, 'Waybill', {
    ...props,
    domain: {
      name: 'orders.example.com',
      certificate: Certificate.fromCertificateArn(
        stack,
        'Certificate',
        'arn:aws:acm:us-east-1:111122223333:certificate/1',
      ),
      hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }),
    },
  });
  assert.equal(waybill.apiUrl, 'https://orders.example.com');
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true });
  template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
    DomainName: 'orders.example.com',
    DomainNameConfigurations: [Match.objectLike({ SecurityPolicy: 'TLS_1_2' })],
  });
  template.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', { Stage: '$default' });
  // Providers are told the name that answers.
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ PUBLIC_API_URL: 'https://orders.example.com' }) },
  });
  template.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'orders.example.com.', Type: 'A' });
});
