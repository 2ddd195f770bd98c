import type { Format } from '../format/format.ts';
import type { SchemaSource } from '../format/schema-source.ts';
import type { AnyTopic } from '../format/topic.ts';
import type { Log, TopicDescription } from '../log/port.ts';
import { type Guarantee, IDLE_AFTER, type JobDeclaration } from './declaration.ts';
import { type ErrorPlan, planErrors } from './errors/error-plan.ts';
import { deadLetterTopics, type ErrorPolicies } from './errors/policy.ts';
import type { CommitRules } from './guarantee.ts';
import type { Handler, JobHooks, WatermarkOf } from './handlers.ts';
import { JobError } from './job-error.ts';
import type { OutputRoute, PlannedOutput } from './output.ts';
import type { OnOutOfRange, RunPositions, StartRule } from './positions.ts';
import { readable, writable } from './registered.ts';
import { inputPositions } from './start-rule.ts';
import type { TimerHandlers } from './timers/firing.ts';

/** A job as it runs here: its topics found in the log, with as many tasks as its inputs have partitions. */
export interface JobPlan {
  readonly declaration: JobDeclaration;
  readonly hooks: JobHooks;
  readonly group: string;
  readonly instance: string;
  /** True where the instance's name was configured. */
  readonly static: boolean;
  readonly guarantee: Guarantee;
  /** Undefined for a job that has no transactions. */
  readonly transactionalId: string | undefined;
  readonly tasks: number;
  readonly streams: readonly PlannedInput[];
  /** In the order of the declaration, as `ctx.tables` has them. */
  readonly tables: readonly PlannedInput[];
  readonly outputs: readonly PlannedOutput[];
  /** Handlers of timers, by their names. */
  readonly timers: TimerHandlers;
  /** What becomes of records that fail. */
  readonly errors: ErrorPlan;
  /** Undefined for a job that has neither state nor timers. */
  readonly changelog: string | undefined;
}

export interface PlannedInput {
  readonly name: string;
  readonly global: boolean;
  readonly topics: readonly PlannedTopic[];
  readonly key: Format<unknown>;
  readonly value: Format<unknown>;
  /** True where its handler takes records without a value. */
  readonly tombstones: boolean;
  /** By the value as this input reads it; undefined where the record's own time counts. */
  readonly timestampFrom: AnyTopic['timestampFrom'];
  readonly handler: Handler<unknown, unknown>;
  readonly start: StartRule;
  readonly onOutOfRange: OnOutOfRange;
  /** In milliseconds; of no account where the user says how far event time has come. */
  readonly outOfOrderness: number;
  /** In milliseconds. */
  readonly idleAfter: number;
  readonly watermarkOf: WatermarkOf<unknown> | undefined;
  /** Bare format of a global table's key, where it is not the job's. */
  readonly bareKey: Format<unknown> | undefined;
}

export interface PlannedTopic extends TopicDescription {
  /** As it is called in this environment. */
  readonly name: string;
}

export interface PlanOptions {
  readonly rules: CommitRules;
  readonly group: string;
  readonly instance: string;
  readonly static: boolean;
  readonly rename: (topic: string) => string;
  readonly positions: RunPositions;
  /** Undefined where the job knows no registry. */
  readonly schemas: SchemaSource | undefined;
  /** Take the place of those that are declared. */
  readonly onError: ErrorPolicies | undefined;
}

/** Transactional ids of a job: neither part has a slash in it, so no other job's ids begin the same. */
export function transactionalIdPrefix(group: string): string {
  return `${group}/`;
}

/** @throws JobError where topics are missing, or are not co-partitioned */
export async function planJob(
  declaration: JobDeclaration,
  handlers: object,
  log: Log,
  options: PlanOptions,
): Promise<JobPlan> {
  const { group, instance, rename, schemas, rules } = options;
  const changelog = `${group}-changelog`;
  const deadLetters = deadLetterTopics(declaration.onError, options.onError);
  const found = await findTopics(declaration, log, { rename, changelog, deadLetters });
  const streams: PlannedInput[] = [];
  const tables: PlannedInput[] = [];
  for (const [name, input] of Object.entries(declaration.inputs)) {
    const planned: PlannedInput = {
      name,
      global: input.as === 'global-table',
      topics: topicsOf(input.topic, found, rename).map(({ route }) => route),
      key: readable(input.topic.key, schemas),
      value: readable(input.value ?? input.topic.value, schemas),
      tombstones: input.topic.tombstones === true,
      timestampFrom: input.topic.timestampFrom,
      handler: Reflect.get(handlers, name) as Handler<unknown, unknown>,
      ...inputPositions(name, declaration, options),
      outOfOrderness: input.outOfOrderness,
      idleAfter: input.idleAfter ?? IDLE_AFTER,
      watermarkOf: memberOf(handlers, 'watermarks', name) as WatermarkOf<unknown> | undefined,
      bareKey: input.key,
    };
    (input.as === 'stream' ? streams : tables).push(planned);
  }
  checkDistinct([...streams, ...tables]);
  const outputs = await Promise.all(
    Object.entries(declaration.outputs).map(async ([name, topic]): Promise<PlannedOutput> => {
      const routes = topicsOf(topic, found, rename).map(({ declared, route }) => {
        return [declared, { topic: route.name, partitions: route.partitions }] as const;
      });
      const names = new Map(routes.map(([declared, { topic }]) => [declared, topic]));
      const written = await writable(topic, { name, names, schemas });
      return { name, topic: written, routes: new Map(routes), only: routes.length === 1 ? routes[0]?.[1] : undefined };
    }),
  );
  const letters = deadLetterRoutes(deadLetters, found, [...streams, ...tables], rename);
  const timers = declaration.timers ?? [];
  const transactions = rules.guarantee === 'exactly-once' || rules.changelog;
  return {
    declaration,
    hooks: handlers,
    group,
    instance,
    static: options.static,
    guarantee: rules.guarantee,
    transactionalId: transactions ? transactionalIdPrefix(group) + instance : undefined,
    tasks: countTasks([...streams, ...tables]),
    streams,
    tables,
    outputs,
    timers: Object.fromEntries(
      timers.map((name) => [name, memberOf(handlers, 'onTimer', name) as Handler<unknown, unknown>]),
    ),
    errors: planErrors(declaration.onError, options.onError, handlers, letters),
    changelog: rules.changelog ? changelog : undefined,
  };
}

/** The function of that name in a group of handlers, such as `onTimer`. */
function memberOf(handlers: object, group: string, name: string): unknown {
  const members: unknown = Reflect.get(handlers, group);
  return typeof members === 'object' && members !== null ? Reflect.get(members, name) : undefined;
}

/** All topics that the job may touch, by Kafka's name; no pattern finds its own changelog, or Kafka's own topics. @throws JobError that names all that are missing */
async function findTopics(
  { inputs, outputs }: JobDeclaration,
  log: Log,
  {
    rename,
    changelog,
    deadLetters,
  }: {
    readonly rename: (topic: string) => string;
    readonly changelog: string;
    readonly deadLetters: readonly string[];
  },
): Promise<ReadonlyMap<string, TopicDescription>> {
  const topics = [...Object.values(inputs).map(({ topic }) => topic), ...Object.values(outputs)];
  const patterns = topics.some(({ pattern }) => pattern !== undefined);
  const names = new Set([...topics.flatMap((topic) => topic.names), ...deadLetters].map(rename));
  const found = await log.topics(patterns ? undefined : [...names]);
  const missing = [...names].filter((name) => !found.has(name));
  if (missing.length === 0) {
    return new Map([...found].filter(([name]) => names.has(name) || (name !== changelog && !name.startsWith('__'))));
  }
  const [what, them] = missing.length === 1 ? ['is no topic', 'it'] : ['are no topics', 'them'];
  const advice = `Create ${them}, let the job do it by \`createTopics\`, or map the names of this environment by the option \`topics\``;
  throw new JobError('JOB_UNKNOWN_TOPIC', `there ${what} ${missing.join(', ')}. ${advice}`, { topic: missing[0] });
}

function topicsOf(
  topic: AnyTopic,
  found: ReadonlyMap<string, TopicDescription>,
  rename: (topic: string) => string,
): { readonly declared: string; readonly route: PlannedTopic }[] {
  const { pattern } = topic;
  const names = pattern === undefined ? topic.names : [...found.keys()].filter((name) => matches(pattern, name)).sort();
  const topics = names.flatMap((declared) => {
    const name = pattern === undefined ? rename(declared) : declared;
    const description = found.get(name);
    return description === undefined ? [] : [{ declared, route: { name, ...description } }];
  });
  if (topics.length > 0) return topics;
  throw new JobError('JOB_UNKNOWN_TOPIC', `no topic matches ${pattern}, the pattern of ${topic.id}. Create one`);
}

/** @throws JobError where the job would read its own dead letters */
function deadLetterRoutes(
  declared: readonly string[],
  found: ReadonlyMap<string, TopicDescription>,
  inputs: readonly PlannedInput[],
  rename: (topic: string) => string,
): ReadonlyMap<string, OutputRoute> {
  const read = new Set(inputs.flatMap(({ topics }) => topics.map(({ name }) => name)));
  return new Map(
    declared.map((each) => {
      const topic = rename(each);
      if (read.has(topic)) {
        const advice = 'Give dead letters a topic of their own';
        throw new JobError(
          'JOB_OPTIONS',
          `onError: ${topic} is an input of the job, which would read its own dead letters. ${advice}`,
        );
      }
      return [each, { topic, partitions: found.get(topic)?.partitions ?? 0 }] as const;
    }),
  );
}

/** Two inputs of one topic would each get half of its records. */
function checkDistinct(inputs: readonly PlannedInput[]): void {
  const seen = new Map<string, string>();
  for (const input of inputs) {
    for (const { name } of input.topics) {
      const other = seen.get(name);
      if (other !== undefined) {
        throw new JobError(
          'JOB_OPTIONS',
          `inputs ${other} and ${input.name} both read topic ${name}. Make one input of them`,
        );
      }
      seen.set(name, input.name);
    }
  }
}

/** From the first character to the last. */
function matches(pattern: RegExp, name: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(name);
}

/** Partition p of all inputs makes task p; global tables take no part in it. */
function countTasks(inputs: readonly PlannedInput[]): number {
  const topics = inputs.filter(({ global }) => !global).flatMap((input) => input.topics);
  const counts = new Set(topics.map(({ partitions }) => partitions));
  const [count, ...others] = counts;
  if (count === undefined)
    throw new JobError('JOB_OPTIONS', 'the job has no input but global tables. Give it a stream');
  if (others.length === 0) return count;
  const list = topics.map(({ name, partitions }) => `${name} has ${partitions}`).join(', ');
  const advice = 'Give the topics the same number of partitions, or read the smaller one as a global-table';
  throw new JobError(
    'JOB_NOT_CO_PARTITIONED',
    `inputs of a job must be co-partitioned, but ${list} partitions. ${advice}`,
  );
}
