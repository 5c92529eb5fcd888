/** cdk-nag finds nothing that has no reason, and every reason is about something that it finds. */

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { CASES, cdk } from './templates';

/** Rule and construct, where the rule is broken. */
type Finding = readonly [rule: string, path: string];

function findings(scope: IConstruct, pack: NagPack): Finding[] {
  return pack
    .validateScope(scope)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map((resource): Finding => [ruleName, resource.constructPath ?? '']),
    );
}

/** A pack that hears no reasons. */
function deaf<Pack extends NagPack>(pack: Pack): Pack {
  assert.ok('isAcknowledged' in pack, 'the pack asks whether a finding is known');
  return Object.assign(pack, { isAcknowledged: () => false });
}

/** What is known, and where it is said. */
function known(scope: IConstruct): Array<{ path: string; rule: string; reason: string }> {
  return scope.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter((entry) => entry.type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap((entry) =>
        Object.entries(entry.data as Record<string, string>).map(([rule, reason]) => ({
          path: construct.node.path,
          rule: rule.replace(/^annotation::/i, ''),
          reason,
        })),
      ),
  );
}

for (const name of CASES) {
  test(`${name}: no finding without a reason, no reason without a finding`, () => {
    const { stack } = cdk(name);
    assert.deepEqual(findings(stack, new AwsSolutionsChecks(stack)), []);
    assert.deepEqual(findings(stack, new ServerlessChecks(stack)), []);

    const all = [
      ...findings(stack, deaf(new AwsSolutionsChecks(stack))),
      ...findings(stack, deaf(new ServerlessChecks(stack))),
    ];
    assert.ok(all.length > 50, 'the packs look at the stack');
    const idle = known(stack).filter(
      ({ path, rule }) => !all.some(([broken, at]) => broken === rule && (at === path || at.startsWith(`${path}/`))),
    );
    assert.deepEqual(idle, []);
    assert.deepEqual(
      known(stack).filter(({ reason }) => reason.split(' ').length < 5),
      [],
      'a reason is a sentence',
    );
  });
}

test('docs/security.md has every rule that is kept, and no other', () => {
  const page = fs.readFileSync(path.resolve(__dirname, '..', '..', '..', 'docs', 'security.md'), 'utf8');
  const written = new Set(page.match(/`(AwsSolutions|Serverless)-\w+`/g)?.map((rule) => rule.slice(1, -1)));
  const kept = new Set(CASES.flatMap((name) => known(cdk(name).stack)).map(({ rule }) => rule.replace(/\[.*/, '')));
  assert.deepEqual([...written].sort(), [...kept].sort());
});
