import { parseDuration } from '@kgen/runtime';
import { closest } from '../config/closest.ts';
import type { Config, InputConfig, JobConfig } from '../config/config.ts';
import type { Finding } from '../finding.ts';
import { buildCommits } from './job-commits.ts';
import { buildDiscovery } from './job-discovery.ts';
import { buildErrors } from './job-errors.ts';
import { HOOKS, isUsableProperty, jobNameProblem, jobNames, parameterName } from './job-names.ts';
import { buildPositions } from './job-positions.ts';
import { buildRestart } from './job-restart.ts';
import { buildState } from './job-state.ts';
import { type JobSurroundings, quoted } from './job-surroundings.ts';
import { buildTimers } from './job-timers.ts';
import type { FormatModel, InputModel, JobModel, TopicModel, TypeModel } from './model.ts';
import { nameOf } from './type-reference.ts';

export interface JobsResult {
  readonly jobs: readonly JobModel[];
  readonly findings: readonly Finding[];
}

const DEFAULT_CHECKPOINT_INTERVAL = 1000;
/** A timer of JavaScript cannot wait longer. */
const MAX_CHECKPOINT_INTERVAL = 0x7fffffff;

/**
 * Settles what the config's `jobs` mean. The config's form has been checked; `topics` may lack those
 * that other findings already concern. Jobs with findings are left out.
 * @param complete false where schemas could not be read: that types are missing is then no finding
 */
export function buildJobs(
  config: Config,
  types: readonly TypeModel[],
  topics: readonly TopicModel[],
  complete = true,
): JobsResult {
  const jobs: JobModel[] = [];
  const findings: Finding[] = [];
  const byFunction = new Map<string, string>();
  for (const [name, job] of Object.entries(config.jobs ?? {})) {
    const before = findings.length;
    const report = (path: string, reason: string, hint: string): void => {
      findings.push({ path, reason, hint });
    };
    const problem = jobNameProblem(name);
    if (problem !== undefined) report(`jobs[${quoted(name)}]`, problem.reason, problem.hint);
    else checkClash(name, byFunction, report);
    const model = buildJob(name, job, { config, types, topics, complete, report });
    if (findings.length === before && model !== undefined) jobs.push(model);
  }
  return { jobs, findings };
}

function checkClash(name: string, byFunction: Map<string, string>, report: JobSurroundings['report']): void {
  const { functionName } = jobNames(name);
  const other = byFunction.get(functionName);
  if (other === undefined) byFunction.set(functionName, name);
  else
    report(
      `jobs.${name}`,
      `its function would be called ${functionName}, as that of job '${other}' is`,
      'Rename one of them',
    );
}

/** Undefined where a topic is missing for reasons reported elsewhere. */
function buildJob(name: string, job: JobConfig, around: JobSurroundings): JobModel | undefined {
  const path = `jobs.${name}`;
  const inputs = buildInputs(job, `${path}.inputs`, around);
  const outputs = buildOutputs(job, `${path}.outputs`, around);
  const state = buildState(job.state ?? {}, `${path}.state`, around);
  const timers = buildTimers(job.timers ?? [], `${path}.timers`, around);
  const checkpointInterval = interval(job, `${path}.checkpoint.interval`, around);
  const handlerTimeout = handlerLimit(job, `${path}.handlerTimeout`, around);
  const restart = job.restart === undefined ? undefined : buildRestart(job.restart, `${path}.restart`, around);
  const commits = buildCommits(job, path, around);
  const streams = inputs.flatMap(({ as, topic }) => (as === 'stream' ? [topic] : []));
  const positions = buildPositions(job, path, streams, around);
  const errors = job.onError === undefined ? undefined : buildErrors(job.onError, `${path}.onError`, inputs, around);
  const discovery =
    job.discovery === undefined ? undefined : buildDiscovery(job.discovery, `${path}.discovery`, around);
  const key = inputs[0]?.topic.key;
  const complete =
    inputs.length === Object.values(job.inputs).filter((input) => input !== undefined).length &&
    outputs.length === (job.outputs ?? []).length;
  if (key === undefined || !complete) return undefined;
  return {
    name,
    ...jobNames(name),
    key,
    inputs,
    outputs,
    state,
    timers,
    ...commits,
    ...positions,
    checkpointInterval,
    ...(job.concurrency === undefined ? {} : { concurrency: job.concurrency }),
    ...(handlerTimeout === undefined ? {} : { handlerTimeout }),
    ...(discovery === undefined ? {} : { discovery }),
    ...(job.createTopics === undefined ? {} : { createTopics: job.createTopics }),
    ...(restart === undefined ? {} : { restart }),
    ...(errors === undefined ? {} : { errors }),
  };
}

function buildInputs(job: JobConfig, path: string, around: JobSurroundings): readonly InputModel[] {
  const configured = Object.entries(job.inputs).flatMap(([id, input]) => (input === undefined ? [] : [{ id, input }]));
  const isStream = ({ input }: { readonly input: InputConfig }): boolean => (input.as ?? 'stream') === 'stream';
  if (!configured.some(isStream)) {
    const reason = configured.length === 0 ? 'the job has no input' : 'none of its inputs is a stream';
    around.report(path, reason, 'Name a topic whose records it handles: `inputs: { orders: {} }`');
  }
  const inputs = configured.flatMap(({ id, input }) => buildInput(id, input, `${path}.${id}`, around) ?? []);
  checkKeys(inputs, path, around);
  return inputs;
}

function buildInput(id: string, input: InputConfig, path: string, around: JobSurroundings): InputModel | undefined {
  const as = input.as ?? 'stream';
  if (as === 'stream' && HOOKS.includes(id)) {
    around.report(
      path,
      `every job may have a handler ${id}, so that no input can have its name`,
      'Rename the topic; `name` keeps what Kafka calls it',
    );
  } else if (!isUsableProperty(id)) {
    around.report(
      path,
      `${JSON.stringify(id)} cannot name a handler`,
      'Rename the topic; `name` keeps what Kafka calls it',
    );
  }
  const eventTime = buildEventTime(input, as, path, around);
  const topic = findTopic(id, path, around);
  if (topic === undefined) return undefined;
  const fields = input.fields === undefined ? undefined : checkFields(input.fields, topic, `${path}.fields`, around);
  for (const option of ['startFrom', 'onOutOfRange', 'isolation'] as const) {
    if (as === 'stream' || input[option] === undefined) continue;
    const reason = option === 'isolation' ? 'a table is made of committed records' : 'a table is always read whole';
    around.report(`${path}.${option}`, reason, 'Remove it: streams alone have it');
  }
  const positions = buildPositions(input, path, [topic], around);
  const discovery =
    input.discovery === undefined ? {} : { discovery: buildDiscovery(input.discovery, `${path}.discovery`, around) };
  return { topic, as, parameter: parameterName(topic.value), fields, ...eventTime, ...positions, ...discovery };
}

function buildEventTime(
  input: InputConfig,
  as: InputModel['as'],
  path: string,
  around: JobSurroundings,
): Pick<InputModel, 'outOfOrderness' | 'idleAfter'> {
  for (const option of ['outOfOrderness', 'idleAfter'] as const) {
    if (as === 'stream' || input[option] === undefined) continue;
    around.report(`${path}.${option}`, 'a table does not hold event time back', 'Remove it: streams alone have it');
  }
  const outOfOrderness = duration(input.outOfOrderness ?? 0, `${path}.outOfOrderness`, around);
  if (input.idleAfter === undefined) return { outOfOrderness };
  const idleAfter = duration(input.idleAfter, `${path}.idleAfter`, around);
  if (idleAfter < 1) {
    around.report(`${path}.idleAfter`, 'partitions would be idle at once', "Give at least 1 ms; '1 minute' suits most");
  }
  return { outOfOrderness, idleAfter };
}

function checkFields(
  fields: readonly string[],
  topic: TopicModel,
  path: string,
  around: JobSurroundings,
): readonly string[] {
  const record = narrowable(topic.value);
  if (record === undefined) {
    around.report(
      path,
      `the value of topic '${topic.id}' is not one record type`,
      'Remove `fields`: they narrow a record',
    );
    return fields;
  }
  const known = record.fields.map(({ name }) => name);
  fields.forEach((field, index) => {
    if (known.includes(field)) {
      if (fields.indexOf(field) !== index)
        around.report(`${path}[${index}]`, `field '${field}' is there twice`, 'Remove one of them');
      return;
    }
    const near = closest(field, known);
    const top = field.split('.')[0] ?? '';
    let hint = `Its fields are ${known.join(', ')}`;
    if (near !== undefined) hint = `Did you mean '${near}'?`;
    else if (top !== field && known.includes(top)) hint = `Inputs are narrowed by their own fields: write '${top}'`;
    around.report(`${path}[${index}]`, `${record.name} has no field '${field}'`, hint);
  });
  return fields;
}

/** The record type of a value that `fields` can narrow. */
function narrowable(
  value: FormatModel,
): { readonly name: string; readonly fields: readonly { readonly name: string }[] } | undefined {
  if (!('types' in value) || value.types.length !== 1) return undefined;
  const type = value.types[0]?.type;
  if (type === undefined || 'primitive' in type || type.type.kind !== 'record') return undefined;
  return type.type;
}

/** State and tables belong to a key, so that all inputs must agree on what a key is. */
function checkKeys(inputs: readonly InputModel[], path: string, around: JobSurroundings): void {
  const [first, ...others] = inputs;
  if (first === undefined) return;
  const expected = describeFormat(first.topic.key);
  for (const { topic } of others) {
    const found = describeFormat(topic.key);
    if (found === expected) continue;
    around.report(
      `${path}.${topic.id}`,
      `its key is ${found}, but that of input '${first.topic.id}' is ${expected}`,
      'All inputs of a job share one key: write the records of one of them to a topic with the other key first',
    );
  }
}

/** `utf8`, `us.bts.AirportKey (avro)`. Schema ids do not count: state is keyed by the decoded key (I18). */
function describeFormat(format: FormatModel): string {
  if (format.kind === 'own') return `${format.name} of ${format.from}`;
  if (!('types' in format)) return format.kind;
  const names = format.types.map(({ type }) =>
    'primitive' in type
      ? `${type.primitive.kind}${'as' in type.primitive ? ` as ${type.primitive.as}` : ''}`
      : type.fullName,
  );
  return `${names.join(' or ')} (${format.kind})`;
}

function buildOutputs(job: JobConfig, path: string, around: JobSurroundings): readonly TopicModel[] {
  const outputs = job.outputs ?? [];
  return outputs.flatMap((id, index) => {
    const at = `${path}[${index}]`;
    if (outputs.indexOf(id) !== index) around.report(at, `topic '${id}' is there twice`, 'Remove one of them');
    else if (!isUsableProperty(id))
      around.report(at, `${JSON.stringify(id)} cannot name an output`, 'Rename the topic');
    const topic = findTopic(id, at, around);
    if (topic !== undefined) checkRegistered(topic, at, around);
    return topic ?? [];
  });
}

/** Records are written with the id of exactly the schema that wrote them. */
function checkRegistered({ id, key, value }: TopicModel, path: string, { config, report }: JobSurroundings): void {
  if (config.registry?.autoRegister === true) return;
  for (const format of [key, value]) {
    if (!('types' in format) || format.registry === undefined) continue;
    const missing = format.types.find((type) => type.id === undefined);
    if (missing === undefined) continue;
    const subjects = `subject ${[...new Set(format.registry.subjects.flat())].join(', ')}`;
    const reason = `topic '${id}' cannot be written: ${nameOf(missing)} is not registered in ${subjects} as it is here`;
    report(path, reason, 'Run `kgen register`, then `kgen pull`; or let jobs register it: `registry.autoRegister`');
  }
}

function findTopic(id: string, path: string, { config, topics, report }: JobSurroundings): TopicModel | undefined {
  const topic = topics.find((candidate) => candidate.id === id);
  if (topic !== undefined) return topic;
  const declared = Object.keys(config.topics ?? {});
  if (!declared.includes(id)) {
    const near = closest(id, declared);
    const all =
      declared.length === 0 ? 'Declare it in `topics`' : `Declare it in \`topics\`; there are ${declared.join(', ')}`;
    report(path, `there is no topic '${id}'`, near === undefined ? all : `Did you mean '${near}'?`);
  }
  return undefined;
}

function interval(job: JobConfig, path: string, around: JobSurroundings): number {
  const milliseconds = duration(job.checkpoint?.interval ?? DEFAULT_CHECKPOINT_INTERVAL, path, around);
  if (milliseconds < 1) {
    around.report(path, 'checkpoints need some time between them', "Give at least 1 ms; '1 s' suits most jobs");
  } else if (milliseconds > MAX_CHECKPOINT_INTERVAL) {
    around.report(path, 'no timer waits that long', 'Give less than 24 days');
  }
  return milliseconds;
}

function handlerLimit(job: JobConfig, path: string, around: JobSurroundings): number | undefined {
  if (job.handlerTimeout === undefined) return undefined;
  const milliseconds = duration(job.handlerTimeout, path, around);
  if (milliseconds < 1) around.report(path, 'handlers need some time', "Give at least 1 ms; the default is '30 s'");
  else if (milliseconds > MAX_CHECKPOINT_INTERVAL)
    around.report(path, 'no timer waits that long', 'Give less than 24 days');
  return milliseconds;
}

function duration(value: unknown, path: string, around: JobSurroundings): number {
  const parsed = parseDuration(value);
  if ('milliseconds' in parsed) return parsed.milliseconds;
  around.report(path, parsed.reason, parsed.hint);
  return DEFAULT_CHECKPOINT_INTERVAL;
}
