/** What differs between two templates in their one form, and what of it is meant to. */

import type { Canonical, Json } from './canonical';

/** One place where the two say different things; what is missing on a side is null there. */
export interface Difference {
  /** Such as `IntakeFunction.Properties.Timeout`. */
  readonly at: string;
  /** The resource's type; empty for outputs. */
  readonly type: string;
  readonly sam: Json;
  readonly cdk: Json;
}

/** A difference that is meant; `*` in `at` stands for any resource. */
export interface Intended extends Difference {
  readonly reason: string;
}

/** Every difference, resource by resource. */
export function differences(sam: Canonical, cdk: Canonical): Difference[] {
  const found: Difference[] = [];
  for (const id of union(sam.resources, cdk.resources)) {
    const [left, right] = [sam.resources[id] ?? null, cdk.resources[id] ?? null];
    const type = String(left?.['Type'] ?? right?.['Type'] ?? '');
    compare(id, type, left, right, found);
  }
  compare('Outputs', '', sam.outputs, cdk.outputs, found);
  return found;
}

/** What is not meant, and what is meant but not there. */
export function judge(
  found: readonly Difference[],
  intended: readonly Intended[],
): { unlisted: Difference[]; idle: Intended[] } {
  return {
    unlisted: found.filter((difference) => !intended.some((entry) => meant(difference, entry))),
    idle: intended.filter((entry) => !found.some((difference) => meant(difference, entry))),
  };
}

function meant(difference: Difference, entry: Intended): boolean {
  const pattern = entry.at
    .split('*')
    .map((part) => part.replace(/[.[\]]/g, '\\$&'))
    .join('[A-Za-z0-9]+');
  return (
    new RegExp(`^${pattern}$`).test(difference.at) &&
    difference.type === entry.type &&
    JSON.stringify(difference.sam) === JSON.stringify(entry.sam) &&
    JSON.stringify(difference.cdk) === JSON.stringify(entry.cdk)
  );
}

function compare(at: string, type: string, sam: Json, cdk: Json, found: Difference[]): void {
  if (isObject(sam) && isObject(cdk)) {
    for (const key of union(sam, cdk)) {
      compare(`${at}.${key}`, type, sam[key] ?? null, cdk[key] ?? null, found);
    }
  } else if (Array.isArray(sam) && Array.isArray(cdk) && sam.length === cdk.length) {
    sam.forEach((item, index) => compare(`${at}[${index}]`, type, item, cdk[index] ?? null, found));
  } else if (JSON.stringify(sam) !== JSON.stringify(cdk)) {
    found.push({ at, type, sam, cdk });
  }
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function union(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}
