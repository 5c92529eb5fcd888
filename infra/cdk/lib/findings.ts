/**
 * Findings of cdk-nag that are known and kept, each with its reason, beside the construct that it is about. They travel with
 * the construct, so that an app that runs cdk-nag itself does not have to look into Waybill. A test fails on one that is
 * idle. docs/security.md lists them all.
 */

import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Keeps findings of one construct, and of what is in it, for one reason. */
export function keep(construct: IConstruct, reason: string, ...rules: string[]): void {
  Validations.of(construct).acknowledge(...rules.map((id) => ({ id, reason })));
}
