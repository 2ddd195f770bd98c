import type { MissingAccess } from '../../port.ts';
import type { SaslOptions } from '../transport/options.ts';

/** What is to be granted on one resource. */
export interface Grant {
  readonly resource: 'topic' | 'group' | 'transactional-id';
  readonly name: string;
  /** Granted is what is needed to all names that begin so; undefined for that name alone. */
  readonly prefix?: string | undefined;
  readonly operations: readonly string[];
}

export interface GrantPlace {
  /** What Kafka's own tools are told first. */
  readonly tools: string;
  /** Undefined where brokers alone know it. */
  readonly principal: string | undefined;
}

export function missingAccessOf(grant: Grant, { tools, principal }: GrantPlace): MissingAccess {
  const { resource, name, operations, prefix } = grant;
  const what = `${operations.join(', ')} on ${resource.replace('-', ' ')} ${name === prefix ? `${name}*` : name}`;
  const options = [
    tools,
    '--add',
    `--allow-principal ${quoted(`User:${principal ?? 'NAME'}`)}`,
    ...operations.map((operation) => `--operation ${operation}`),
    ...(prefix === undefined ? [] : ['--resource-pattern-type prefixed']),
    `--${resource} ${quoted(prefix ?? name)}`,
  ];
  return { topic: resource === 'topic' ? name : undefined, what, grant: `kafka-acls.sh ${options.join(' ')}` };
}

/** For whom brokers take who logs in so, by their default rules; undefined where that is not known. */
export function principalOf(sasl: SaslOptions | undefined): string | undefined {
  if (sasl === undefined || 'authenticationProvider' in sasl) return undefined;
  if ('username' in sasl) return sasl.username;
  // Of lines/host@REALM brokers keep the first part.
  if ('principal' in sasl) return sasl.principal?.replace(/[/@].*$/, '');
  return undefined;
}

function quoted(text: string): string {
  return /^[\w.:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
