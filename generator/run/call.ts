import type { Job, LogLevel, RunOptions } from '@kgen/runtime';
import { parseDuration } from '@kgen/runtime';
import { closest } from '../config/closest.ts';
import type { Finding } from '../finding.ts';
import { createTopicsFlag } from './create-topics-flag.ts';
import { deadLetterNames, errorPolicies } from './error-flags.ts';
import { readStartFrom, readUntil } from './position-flags.ts';

/** The flags of `kgen run`, as commander gives them. */
export interface RunFlags {
  readonly job?: string | undefined;
  readonly config?: string | undefined;
  readonly brokers?: string | undefined;
  readonly group?: string | undefined;
  readonly instance?: string | undefined;
  readonly threads?: string | undefined;
  readonly until?: string | undefined;
  readonly startFrom?: string | undefined;
  readonly onOutOfRange?: string | undefined;
  readonly checkpointInterval?: string | undefined;
  readonly concurrentCheckpoints?: string | undefined;
  readonly discovery?: string | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly onError?: readonly string[] | undefined;
  readonly store?: string | undefined;
  readonly createTopics?: string | undefined;
  readonly from?: string | undefined;
  readonly replace?: boolean | undefined;
  readonly grace?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly logFormat?: string | undefined;
}

/** What they ask for. */
export interface RunCall {
  readonly threads: number;
  /** In milliseconds. */
  readonly grace: number;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'text' | undefined;
  readonly topics: { readonly [declared: string]: string };
  /** The savepoint that the job starts from. */
  readonly from: { readonly file: string; readonly replace: boolean } | undefined;
  readonly run: Pick<
    RunOptions,
    | 'group'
    | 'instance'
    | 'until'
    | 'startFrom'
    | 'onOutOfRange'
    | 'checkpointInterval'
    | 'concurrentCheckpoints'
    | 'discovery'
    | 'onError'
    | 'store'
    | 'createTopics'
  >;
}

/** Less than the 30 s after which Kubernetes kills what it asked to end. */
const GRACE = '25 s';
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const LONGEST = 0x7fffffff;
/** As `checkpoint.concurrent` in the config. */
const MOST_CHECKPOINTS = 10;
/** As `run` takes them: they become parts of names in Kafka. */
const NAME = /^[A-Za-z0-9._-]{1,200}$/;

/** All that is wrong with them, or what they ask for. The environment stands in for some. */
export function readCall(
  flags: RunFlags,
  env: NodeJS.ProcessEnv,
): { readonly call: RunCall } | { readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const report = (path: string, reason: string, hint: string): void => void findings.push({ path, reason, hint });
  const oneOf = <T extends string>(path: string, value: string | undefined, values: readonly T[]): T | undefined => {
    const found = values.find((each) => each === value);
    if (value !== undefined && found === undefined) {
      const near = closest(value, values);
      report(
        path,
        `there is no '${value}'`,
        near === undefined ? `Use ${values.join(' or ')}` : `Did you mean ${near}?`,
      );
    }
    return found;
  };
  const duration = (path: string, value: string, least: number): number => {
    const parsed = parseDuration(/^\d+$/.test(value) ? Number(value) : value);
    if ('reason' in parsed) report(path, parsed.reason, parsed.hint);
    else if (parsed.milliseconds < least) report(path, `${value} is too short`, `Give at least ${least} ms`);
    else if (parsed.milliseconds > LONGEST) report(path, 'no timer waits that long', 'Give less than 24 days');
    return 'milliseconds' in parsed ? parsed.milliseconds : 0;
  };
  const optional = (path: string, value: string | undefined): number | undefined =>
    value === undefined ? undefined : duration(path, value, 1);
  const name = (path: string, value: string | undefined): string | undefined => {
    if (value !== undefined && !NAME.test(value))
      report(path, `'${value}' is not a name`, "Use letters, digits, '.', '_' and '-', 200 at most");
    return value;
  };
  const position = <T>(
    path: string,
    text: string | undefined,
    read: (text: string) => { readonly value: T } | { readonly reason: string },
    words: string,
  ): T | undefined => {
    const found = text === undefined ? undefined : read(text);
    if (found === undefined || 'value' in found) return found?.value;
    report(
      path,
      found.reason,
      `Use ${words}, a time such as 2026-05-01T12:00:00Z, or offsets as in flights:0=23,flights:1=40`,
    );
    return undefined;
  };
  const threads = Number(flags.threads ?? 1);
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024)
    report('--threads', `${flags.threads} is no number of threads`, 'Give a whole number from 1 to 1024');
  const concurrent = flags.concurrentCheckpoints === undefined ? undefined : Number(flags.concurrentCheckpoints);
  if (
    concurrent !== undefined &&
    !(Number.isInteger(concurrent) && concurrent >= 1 && concurrent <= MOST_CHECKPOINTS)
  ) {
    const reason = `${flags.concurrentCheckpoints} is no number of checkpoints`;
    report('--concurrent-checkpoints', reason, `Give a whole number from 1 to ${MOST_CHECKPOINTS}`);
  }
  const levelPath = flags.logLevel === undefined ? 'LOG_LEVEL' : '--log-level';
  const formatPath = flags.logFormat === undefined ? 'LOG_FORMAT' : '--log-format';
  const call: RunCall = {
    threads,
    grace: duration('--grace', flags.grace ?? GRACE, 0),
    logLevel: oneOf(levelPath, flags.logLevel ?? given(env['LOG_LEVEL'])?.toLowerCase(), LEVELS) ?? 'info',
    logFormat: oneOf(formatPath, flags.logFormat ?? given(env['LOG_FORMAT']), ['json', 'text']),
    topics: topicNames(flags.topics ?? [], report),
    from: savepointOf(flags, report),
    run: {
      group: name('--group', flags.group),
      instance:
        flags.instance === undefined
          ? name('KGEN_INSTANCE', given(env['KGEN_INSTANCE']))
          : name('--instance', flags.instance),
      until: position('--until', flags.until, readUntil, 'latest'),
      startFrom: position(
        '--start-from',
        flags.startFrom,
        readStartFrom,
        'earliest, latest, group, group:earliest, group:latest',
      ),
      onOutOfRange: oneOf('--on-out-of-range', flags.onOutOfRange, ['fail', 'earliest', 'latest']),
      checkpointInterval: optional('--checkpoint-interval', flags.checkpointInterval),
      concurrentCheckpoints: concurrent,
      discovery: flags.discovery === 'off' ? false : optional('--discovery', flags.discovery),
      onError: errorPolicies(flags.onError ?? [], report),
      createTopics: createTopicsFlag(flags.createTopics, report),
      store: storeIn(flags.store ?? given(env['KGEN_STORE'])),
    },
  };
  return findings.length > 0 ? { findings } : { call };
}

function savepointOf(
  { from, replace = false }: RunFlags,
  report: (path: string, reason: string, hint: string) => void,
): RunCall['from'] {
  if (from !== undefined) return { file: from, replace };
  if (replace) report('--replace', 'there is nothing to replace it with', 'Give the savepoint by --from');
  return undefined;
}

/** A folder; of memory, which is the default, nothing needs to be said. */
function storeIn(folder: string | undefined): RunOptions['store'] {
  return folder === undefined ? undefined : { lmdb: folder };
}

function topicNames(
  pairs: readonly string[],
  report: (path: string, reason: string, hint: string) => void,
): { readonly [declared: string]: string } {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, declared = '', name = ''] = /^([^=]+)=([^=]+)$/.exec(pair) ?? [];
      if (declared === '') report('--topics', `'${pair}' is no pair of names`, 'Give it as in flights=prod-flights');
      return [declared, name];
    }),
  );
}

/** Names that `--topics` maps, but the job does not declare. */
export function unknownTopics({ declaration }: Job, { topics, run: { onError } }: RunCall): readonly Finding[] {
  const all = [...Object.values(declaration.inputs).map(({ topic }) => topic), ...Object.values(declaration.outputs)];
  const deadLetters = [...deadLetterNames(declaration.onError), ...deadLetterNames(onError)];
  const declared = [...new Set([...all.flatMap(({ names }) => names), ...deadLetters])];
  return Object.keys(topics).flatMap((name) => {
    if (declared.includes(name)) return [];
    const near = closest(name, declared);
    const hint = near === undefined ? `Its topics are ${declared.join(', ')}` : `Did you mean '${near}'?`;
    return [{ path: '--topics', reason: `job ${declaration.name} has no topic '${name}'`, hint }];
  });
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
