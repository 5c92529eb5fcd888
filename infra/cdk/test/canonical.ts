/**
 * One form for both templates: what CloudFormation treats alike reads alike. Parameters and conditions are decided, references
 * and joined texts become texts such as `${OrdersTable.Arn}/index/day`, numbers and booleans become texts as well, sets are
 * sorted, and a policy's single action stands in a list like many.
 */

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

/** What a template says, in one form. */
export interface Canonical {
  readonly resources: Record<string, Fields>;
  readonly outputs: Record<string, Json>;
}

/** What is needed to read a template. */
export interface Reading {
  /** Values of the template's parameters. */
  readonly parameters?: Record<string, string>;
  /** A resource's name where the template has another. */
  readonly names?: Record<string, string>;
  /** An artifact's name by its key in S3. */
  readonly artifacts?: Record<string, string>;
}

/** Lists whose order means nothing. */
const SETS = new Set([
  'Action',
  'AttributeDefinitions',
  'Dimensions',
  'GlobalSecondaryIndexes',
  'NonKeyAttributes',
  'Resource',
  'Tags',
]);

/** `AWS::NoValue`: the field is not there. */
const NOTHING = Symbol('no value');

/** Reads a template into the one form. */
export function canonical(template: Fields, reading: Reading = {}): Canonical {
  return new Reader(template, reading).read();
}

class Reader {
  private readonly parameters: Record<string, string>;
  private readonly names: Record<string, string>;
  private readonly artifacts: Record<string, string>;

  constructor(
    private readonly template: Fields,
    reading: Reading,
  ) {
    this.parameters = reading.parameters ?? {};
    this.names = reading.names ?? {};
    this.artifacts = reading.artifacts ?? {};
  }

  read(): Canonical {
    const resources: Canonical['resources'] = {};
    for (const [id, raw] of Object.entries(fields(this.template['Resources']))) {
      const resource = fields(raw);
      if (typeof resource['Condition'] === 'string' && !this.holds(resource['Condition'])) {
        continue;
      }
      resources[this.name(id)] = this.resource(resource);
    }
    const outputs: Canonical['outputs'] = {};
    for (const [name, raw] of Object.entries(fields(this.template['Outputs']))) {
      outputs[name] = this.present(fields(raw)['Value']);
    }
    return { resources, outputs };
  }

  private resource(resource: Fields): Fields {
    const properties = this.present(resource['Properties'] ?? {});
    const said = JSON.stringify(properties);
    const depends = [resource['DependsOn'] ?? []]
      .flat()
      .map((id) => this.name(String(id)))
      // On what a resource refers to it depends anyway.
      .filter((id) => !said.includes(`\${${id}}`) && !said.includes(`\${${id}.`))
      .sort();
    return {
      Type: resource['Type'] ?? null,
      Properties: properties,
      DeletionPolicy: this.present(resource['DeletionPolicy'] ?? 'Delete'),
      UpdateReplacePolicy: this.present(resource['UpdateReplacePolicy'] ?? 'Delete'),
      ...(depends.length > 0 ? { DependsOn: depends } : {}),
    };
  }

  private present(value: Json | undefined): Json {
    const read = this.value(value ?? null);
    return typeof read === 'symbol' ? null : read;
  }

  private value(value: Json, key = ''): Json | typeof NOTHING {
    if (value === null || typeof value === 'string') {
      return value;
    }
    if (typeof value !== 'object') {
      return String(value);
    }
    if (Array.isArray(value)) {
      const list = value.map((item) => this.value(item)).filter((item): item is Json => item !== NOTHING);
      return key === 'Statement' ? bySid(list) : SETS.has(key) ? list.sort(byText) : list;
    }
    const called = this.call(value);
    return called === undefined ? this.object(value) : called;
  }

  private object(value: Fields): Fields {
    const read: Fields = {};
    for (const [key, inner] of Object.entries(value).sort(([a], [b]) => compare(a, b))) {
      const plain = this.value(inner, key);
      if (plain !== NOTHING) {
        // `Action: a` and `Action: [a]` are the same.
        read[key] = (key === 'Action' || key === 'Resource') && typeof plain === 'string' ? [plain] : plain;
      }
    }
    return this.artifact(read);
  }

  /** An artifact's address in S3 is its hash; what it was made of is its name. */
  private artifact(read: Fields): Fields {
    const key = read['S3Key'] ?? read['Key'];
    const bucket = read['S3Bucket'] ?? read['Bucket'];
    if (typeof key !== 'string' || bucket === undefined) {
      return read;
    }
    return { artifact: this.artifacts[key.replace(/\.[a-z]+$/, '')] ?? key };
  }

  /** What an intrinsic function gives; undefined for anything else. */
  private call(value: Fields): Json | typeof NOTHING | undefined {
    const [entry, ...others] = Object.entries(value);
    if (!entry || others.length > 0) {
      return undefined;
    }
    const [name, argument] = entry;
    switch (name) {
      case 'Ref':
        return this.reference(String(argument));
      case 'Fn::GetAtt': {
        const [id, ...attribute] = typeof argument === 'string' ? argument.split('.') : (argument as string[]);
        return `\${${[this.name(id ?? ''), ...attribute].join('.')}}`;
      }
      case 'Fn::Sub':
        return this.substitute(argument);
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, Json[]];
        return parts.map((part) => this.present(part)).join(separator);
      }
      case 'Fn::If': {
        const [condition, yes, no] = argument as [string, Json, Json];
        return this.value(this.holds(condition) ? yes : no);
      }
      default:
        return undefined;
    }
  }

  private reference(id: string): Json | typeof NOTHING {
    if (id === 'AWS::NoValue') {
      return NOTHING;
    }
    return this.parameters[id] ?? `\${${this.name(id)}}`;
  }

  private substitute(argument: Json | undefined): string {
    const [text, given] = Array.isArray(argument) ? argument : [argument];
    const variables = fields(given);
    return String(text).replace(/\$\{([^}]+)\}/g, (_, id: string) => {
      const variable = variables[id];
      if (variable !== undefined) {
        return String(this.present(variable));
      }
      const [resource, ...attribute] = id.split('.');
      return attribute.length > 0
        ? `\${${[this.name(resource ?? ''), ...attribute].join('.')}}`
        : String(this.reference(id));
    });
  }

  private holds(name: string): boolean {
    return this.truth(fields(this.template['Conditions'])[name] ?? null);
  }

  private truth(condition: Json): boolean {
    const [entry] = Object.entries(fields(condition));
    const [name, argument] = entry ?? ['nothing', null];
    switch (name) {
      case 'Condition':
        return this.holds(String(argument));
      case 'Fn::Not':
        return !this.truth((argument as Json[])[0] ?? null);
      case 'Fn::Or':
        return (argument as Json[]).some((one) => this.truth(one));
      case 'Fn::And':
        return (argument as Json[]).every((one) => this.truth(one));
      case 'Fn::Equals': {
        const [left, right] = (argument as Json[]).map((side) => this.present(side));
        return left === right;
      }
      default:
        throw new Error(`a condition with ${name} is not understood`);
    }
  }

  private name(id: string): string {
    return this.names[id] ?? id;
  }
}

function fields(value: Json | undefined): Fields {
  if (value === undefined || value === null) {
    return {};
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new Error(`expected an object, found ${JSON.stringify(value)}`);
  }
  return value;
}

/** Statements by name, so that a difference says which one it is in. */
function bySid(statements: Json[]): Json {
  const named = statements.map((statement) => [String(fields(statement)['Sid'] ?? ''), statement] as const);
  const unique = new Set(named.map(([sid]) => sid));
  return unique.size === named.length
    ? Object.fromEntries(named.sort(([a], [b]) => compare(a, b)))
    : statements.sort(byText);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byText = (a: Json, b: Json): number => compare(JSON.stringify(a), JSON.stringify(b));
