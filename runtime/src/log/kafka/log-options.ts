import type { Clock } from '../../time/clock.ts';
import { LogError } from '../port.ts';
import { type GroupOptions, groupSettings } from './group/options.ts';
import type { ProducerOptions } from './producer/options.ts';
import type { FetchOptions } from './source/fetcher.ts';
import type { TransportOptions } from './transport/options.ts';

export interface KafkaLogOptions extends TransportOptions {
  /** Of topics that are created. Default: what the brokers have as theirs. */
  readonly replicationFactor?: number | undefined;
  /** For how many milliseconds questions are repeated that get no answer. Default 30 s. */
  readonly patience?: number | undefined;
  readonly source?: Partial<FetchOptions> | undefined;
  readonly producer?: ProducerOptions | undefined;
  readonly group?: GroupOptions | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly of: string;
}

/** A timer of JavaScript cannot wait longer, in milliseconds; nor do Kafka's requests say longer times, or more bytes. */
const LONGEST = 0x7fffffff;
const TIME: Range = { least: 1, most: LONGEST, of: 'milliseconds' };
const TIME_OR_NONE: Range = { ...TIME, least: 0 };
const BYTES: Range = { least: 1, most: LONGEST, of: 'bytes' };

/** No longer text is `true` or `false` otherwise: `disabled`. */
const SHORT = 8;

type Ranges<Options> = { readonly [Option in keyof Required<Options>]: Range };

const NUMBERS: { readonly [Option in keyof KafkaLogOptions]?: Range } = {
  requestTimeout: TIME,
  connectionTimeout: TIME,
  patience: TIME_OR_NONE,
};

const GROUP: Ranges<GroupOptions> = {
  sessionTimeout: TIME,
  rebalanceTimeout: TIME,
  heartbeatInterval: TIME,
  patience: TIME_OR_NONE,
};

const SOURCE: Ranges<FetchOptions> = {
  maxWait: TIME_OR_NONE,
  totalBytes: { ...BYTES, most: Number.MAX_SAFE_INTEGER },
  answerBytes: BYTES,
  partitionBytes: BYTES,
};

const OPTIONS: { readonly [Option in keyof Required<KafkaLogOptions>]: true } = {
  brokers: true,
  clientId: true,
  tls: true,
  sasl: true,
  requestTimeout: true,
  connectionTimeout: true,
  replicationFactor: true,
  patience: true,
  source: true,
  producer: true,
  group: true,
  clock: true,
};

/** A compiler of the user's may not have checked them; those of producers are checked by themselves. @throws LogError, `fatal` */
export function checkLogOptions(options: KafkaLogOptions): void {
  const { tls, group = {}, source = {} } = options;
  const problems = [
    ...unknown('', options, OPTIONS),
    ...(tls === undefined || typeof tls === 'boolean' || typeof tls === 'object'
      ? []
      : [`option tls: ${shown(tls)} is neither true or false nor options of Node's tls.connect`]),
    ...outOfRange('', options, NUMBERS),
    ...unknown('group.', group, GROUP),
    ...outOfRange('group.', group, GROUP),
    ...unknown('source.', source, SOURCE),
    ...outOfRange('source.', source, SOURCE),
  ];
  if (problems.length === 0) problems.push(...silentMember(group));
  if (problems.length > 0) throw new LogError('fatal', `kafkaLog: ${problems.join('. ')}`);
}

/** It may be a key, or a file of keys. */
function shown(value: unknown): string {
  const text = String(value);
  return typeof value === 'string' && text.length > SHORT ? 'a string' : `'${text}'`;
}

function unknown(path: string, options: object, known: object): readonly string[] {
  return Object.keys(options)
    .filter((option) => !Object.hasOwn(known, option))
    .map((option) => `there is no option ${path}${option}; those there are: ${Object.keys(known).join(', ')}`);
}

function outOfRange(path: string, options: object, ranges: { readonly [option: string]: Range }): readonly string[] {
  return Object.entries(options).flatMap(([option, value]: [string, unknown]) => {
    const range = Object.hasOwn(ranges, option) ? ranges[option] : undefined;
    if (value === undefined || range === undefined) return [];
    const { least, most, of } = range;
    if (typeof value === 'number' && value >= least && value <= most) return [];
    return [`option ${path}${option}: ${String(value)} is not a number of ${of} from ${least} to ${most}`];
  });
}

/** A member that says nothing for a whole session is expelled, again and again. */
function silentMember(group: GroupOptions): readonly string[] {
  const { heartbeatInterval, sessionTimeout } = groupSettings(group);
  if (heartbeatInterval < sessionTimeout) return [];
  const what = `one heartbeat in ${heartbeatInterval} ms, where a member is expelled after ${sessionTimeout} ms without one (group.sessionTimeout)`;
  return [`option group.heartbeatInterval: ${what}. Lower it to a third of that, or leave it out`];
}
