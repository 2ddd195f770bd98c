import type { Format } from '../../format/format.ts';
import type { SchemaSource } from '../../format/schema-source.ts';
import type { AnyTopic } from '../../format/topic.ts';
import type { Isolation, Log } from '../../log/port.ts';
import type { OutputRoute, PlannedOutput } from '../calls/output.ts';
import { DISCOVERY, type Guarantee, IDLE_AFTER, type InputDeclaration, type JobDeclaration } from '../declaration.ts';
import { type ErrorPlan, planErrors } from '../errors/error-plan.ts';
import { deadLetterTopics, type ErrorPolicies } from '../errors/policy.ts';
import type { Handler, JobHooks, WatermarkOf } from '../handlers.ts';
import { checkStartOffsets } from '../positions/check-start-offsets.ts';
import type { OnOutOfRange, RunPositions, StartRule } from '../positions/positions.ts';
import { inputPositions } from '../positions/start-rule.ts';
import type { TimerHandlers } from '../timers/firing.ts';
import { findFormerChangelog } from './former-changelog.ts';
import { type CommitRules, hasTransactions } from './guarantee.ts';
import {
  checkDistinct,
  checkFound,
  checkSomeFound,
  countTasks,
  deadLetterRoutes,
  findTopics,
  type InputTopics,
  type Naming,
  type PlannedTopic,
  someTopicsOf,
  topicsOf,
} from './planned-topics.ts';
import { readable, writable } from './registered.ts';

/** A job as it runs here: its topics found in the log, with as many tasks as its inputs have partitions. */
export interface JobPlan {
  readonly declaration: JobDeclaration;
  readonly hooks: JobHooks;
  readonly group: string;
  readonly instance: string;
  /** True where the instance's name was configured. */
  readonly static: boolean;
  readonly guarantee: Guarantee;
  /** False where the checkpoint records in the changelog alone say where inputs go on. */
  readonly commitOffsets: boolean;
  /** Undefined for a job that has no transactions. */
  readonly transactionalId: string | undefined;
  /** How many checkpoints may be under way at once. */
  readonly concurrentCheckpoints: number;
  readonly tasks: number;
  readonly streams: readonly PlannedInput[];
  /** In the order of the declaration, as `ctx.tables` has them. */
  readonly tables: readonly PlannedInput[];
  readonly outputs: readonly PlannedOutput[];
  /** Handlers of timers, by their names. */
  readonly timers: TimerHandlers;
  /** What becomes of records that fail. */
  readonly errors: ErrorPlan;
  /** Undefined for a job that has nothing to keep: neither state nor timers, and its offsets in the group. */
  readonly changelog: string | undefined;
  /** Where it has none now, that of runs that kept their positions in checkpoint records alone. */
  readonly formerChangelog: PlannedTopic | undefined;
  /** How its topics are called in this environment. */
  readonly naming: Naming;
  /** True where there was no topic yet when the run began: all have come since, and are read from their beginning (I20). */
  readonly allCame: boolean;
}

export interface PlannedInput extends InputTopics {
  /** As it was declared. */
  readonly topic: AnyTopic;
  /** How often new topics and partitions are looked for, in milliseconds; undefined where they are not. */
  readonly discovery: number | undefined;
  readonly key: Format<unknown>;
  readonly value: Format<unknown>;
  /** True where its handler takes records without a value. */
  readonly tombstones: boolean;
  /** By the value as this input reads it; undefined where the record's own time counts. */
  readonly timestampFrom: AnyTopic['timestampFrom'];
  readonly handler: Handler<unknown, unknown>;
  readonly start: StartRule;
  readonly onOutOfRange: OnOutOfRange;
  readonly isolation: Isolation;
  /** In milliseconds; of no account where the user says how far event time has come. */
  readonly outOfOrderness: number;
  /** In milliseconds. */
  readonly idleAfter: number;
  readonly watermarkOf: WatermarkOf<unknown> | undefined;
  /** Bare format of a global table's key, where it is not the job's. */
  readonly bareKey: Format<unknown> | undefined;
}

export type { PlannedTopic } from './planned-topics.ts';

export interface PlanOptions {
  readonly rules: CommitRules;
  readonly group: string;
  readonly instance: string;
  readonly static: boolean;
  readonly rename: (topic: string) => string;
  readonly positions: RunPositions;
  /** In milliseconds, for all inputs; undefined for what is declared. */
  readonly discovery?: number | false | undefined;
  /** True for a run that looks for no new topics, whatever its inputs say. Default false. */
  readonly bounded?: boolean | undefined;
  /** As the plan's. Default false. */
  readonly allCame?: boolean | undefined;
  /** Undefined where the job knows no registry. */
  readonly schemas: SchemaSource | undefined;
  /** Take the place of those that are declared. */
  readonly onError: ErrorPolicies | undefined;
}

/** Transactional ids of a job: neither part has a slash in it, so no other job's ids begin the same. */
export function transactionalIdPrefix(group: string): string {
  return `${group}/`;
}

export function changelogOf(group: string): string {
  return `${group}-changelog`;
}

/** True where keys meet in state or in a table: then a key has its partition for good, the same in all inputs (I18). */
export function isKeyed({ changelog, tables }: Pick<JobPlan, 'changelog' | 'tables'>): boolean {
  return changelog !== undefined || tables.some(({ global }) => !global);
}

/** @throws JobError where topics are missing, or are not co-partitioned */
export async function planJob(
  declaration: JobDeclaration,
  handlers: object,
  log: Log,
  options: PlanOptions,
): Promise<JobPlan> {
  const { group, instance, rename, schemas, rules } = options;
  const deadLetters = deadLetterTopics(declaration.onError, options.onError);
  const naming = { rename, changelog: changelogOf(group), deadLetters };
  const found = await findTopics(declaration, log, naming);
  checkFound(declaration, found, naming);
  const streams: PlannedInput[] = [];
  const tables: PlannedInput[] = [];
  for (const [name, input] of Object.entries(declaration.inputs)) {
    const discovery = discoveryOf(options.discovery, input, declaration);
    // An input that looks for topics may begin without any.
    const looks = discovery !== undefined && options.bounded !== true;
    const planned: PlannedInput = {
      name,
      global: input.as === 'global-table',
      topic: input.topic,
      discovery,
      topics: (looks ? topicsOf : someTopicsOf)(input.topic, found, naming).map(({ route }) => route),
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
  checkSomeFound([...streams, ...tables]);
  checkStartOffsets(streams);
  const outputs = await Promise.all(
    Object.entries(declaration.outputs).map(async ([name, topic]): Promise<PlannedOutput> => {
      const routes = someTopicsOf(topic, found, naming).map(({ declared, route }) => {
        return [declared, { topic: route.name, partitions: route.partitions }] as [string, OutputRoute];
      });
      const names = new Map(routes.map(([declared, { topic }]) => [declared, topic]));
      const written = await writable(topic, { name, names, schemas });
      return {
        name,
        topic: written,
        routes: new Map(routes),
        only: topic.names.length === 1 ? routes[0]?.[1] : undefined,
      };
    }),
  );
  const letters = deadLetterRoutes(found, [...streams, ...tables], naming);
  const timers = declaration.timers ?? [];
  const transactions = hasTransactions(rules);
  const changelog = rules.changelog ? naming.changelog : undefined;
  return {
    declaration,
    hooks: handlers,
    group,
    instance,
    static: options.static,
    guarantee: rules.guarantee,
    concurrentCheckpoints: rules.concurrent,
    commitOffsets: rules.commitOffsets,
    transactionalId: transactions ? transactionalIdPrefix(group) + instance : undefined,
    tasks: countTasks([...streams, ...tables], isKeyed({ changelog, tables })),
    streams,
    tables,
    outputs,
    timers: Object.fromEntries(
      timers.map((name) => [name, memberOf(handlers, 'onTimer', name) as Handler<unknown, unknown>]),
    ),
    errors: planErrors(declaration.onError, options.onError, handlers, letters),
    changelog,
    formerChangelog: changelog === undefined ? await findFormerChangelog(log, naming.changelog) : undefined,
    naming,
    allCame: options.allCame === true,
  };
}

/** The job as it is told, else the input, else the job as it is declared. */
export function discoveryOf(
  told: number | false | undefined,
  input: InputDeclaration,
  declaration: JobDeclaration,
): number | undefined {
  const interval = told ?? input.discovery ?? declaration.discovery ?? DISCOVERY;
  return interval === false ? undefined : interval;
}

/** The function of that name in a group of handlers, such as `onTimer`. */
function memberOf(handlers: object, group: string, name: string): unknown {
  const members: unknown = Reflect.get(handlers, group);
  return typeof members === 'object' && members !== null ? Reflect.get(members, name) : undefined;
}
