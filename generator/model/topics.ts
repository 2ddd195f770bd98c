import type { Config, FormatConfig, TopicConfig } from '../config/config.ts';
import type { Finding } from '../finding.ts';
import { NOTHING_PULLED, type PulledRegistry } from '../sources/registry/load-pulled.ts';
import { keyConversion, plainFormatOf, timeConversion } from './field-conversion.ts';
import { fieldPath } from './field-path.ts';
import type { FieldPath, FormatModel, PartitionerModel, TopicModel, TypeModel } from './model.ts';
import { buildFormat, type FormatSurroundings } from './topic-format.ts';
import { collisions, kafkaNameProblem, topicIdProblem } from './topic-name.ts';
import { buildPartitioner } from './topic-partitioner.ts';
import type { WriterSchemas } from './writer-schemas.ts';

export interface TopicsResult {
  /** In the config's order; those with findings are left out. */
  readonly topics: readonly TopicModel[];
  readonly findings: readonly Finding[];
  /** What a person should know and need not mend. */
  readonly notices: readonly string[];
}

/**
 * Settles what the config's `topics` mean. The config's form has been checked.
 * @param writers what `loadWriterSchemas` found
 * @param complete false where schemas could not be read: that types are missing is then no finding
 * @param pulled what `loadPulled` found
 */
export function buildTopics(
  config: Config,
  types: readonly TypeModel[],
  writers: WriterSchemas = new Map(),
  complete = true,
  pulled: PulledRegistry = NOTHING_PULLED,
): TopicsResult {
  const findings: Finding[] = [];
  const notices: string[] = [];
  const report: Surroundings['report'] = (path, { reason, hint, missingType = false }) => {
    if (complete || !missingType) findings.push({ path, reason, hint });
  };
  const topics: TopicModel[] = [];
  for (const [id, topic] of Object.entries<TopicConfig>(config.topics ?? {})) {
    const before = findings.length;
    const problem = topicIdProblem(id);
    const path = problem === undefined ? `topics.${id}` : `topics[${JSON.stringify(id)}]`;
    if (problem !== undefined) report(path, problem);
    const around = { config, types, writers, report, pulled, notice: (text: string) => void notices.push(text) };
    const model = buildTopic(id, topic, path, around);
    if (model !== undefined && findings.length === before) topics.push(model);
  }
  for (const { id, name, other } of collisions(topics)) {
    const reason = `Kafka does not hold '${name}' beside '${other}': its metrics cannot tell dots from underscores`;
    report(`topics.${id}`, { reason, hint: 'Rename one of them' });
  }
  return { topics, findings, notices };
}

type Surroundings = Omit<FormatSurroundings, 'writersFunction' | 'registryFunction' | 'topicPart'>;

function buildTopic(id: string, topic: TopicConfig, path: string, around: Surroundings): TopicModel | undefined {
  const names = namesOf(id, topic, path, around);
  const format = (config: FormatConfig, part: 'key' | 'value'): FormatModel | undefined => {
    const prefix = part === 'value' ? id : freeName(`${id}Key`, around.config);
    const writersFunction = freeName(`${prefix}Writers`, around.config);
    const registryFunction = freeName(`${prefix}Registry`, around.config);
    const topicPart = { names, pattern: topic.pattern, part };
    return buildFormat(config, `${path}.${part}`, { ...around, writersFunction, registryFunction, topicPart });
  };
  const value = format(topic.value, 'value');
  const explicitKey = topic.key === undefined ? undefined : format(topic.key, 'key');
  if (value === undefined) return undefined;
  const keyField = fieldOf(topic.keyFrom, value, `${path}.keyFrom`, around);
  const timeField = fieldOf(topic.timestampFrom, value, `${path}.timestampFrom`, around);
  const key = topic.key === undefined ? defaultKey(keyField, path, around) : explicitKey;
  const partitioner = partitionerOf(topic, value, path, around);
  if (timeField !== undefined) {
    const conversion = timeConversion(timeField.type);
    if (typeof conversion === 'object') around.report(`${path}.timestampFrom`, conversion);
  }
  if (keyField !== undefined && key !== undefined) {
    const conversion = keyConversion(key, keyField.type);
    if (typeof conversion === 'object') around.report(`${path}.keyFrom`, conversion);
  }
  if (topic.tombstones === true && partitioner?.kind === 'field') {
    const reason = 'a tombstone has no field, and would land in another partition than its record';
    around.report(`${path}.tombstones`, { reason, hint: 'Remove it, or partition by the key: remove `partitioner`' });
  }
  if (key === undefined || partitioner === undefined) return undefined;
  return {
    id,
    names,
    key,
    value,
    partitioner,
    ...(topic.pattern !== undefined && { pattern: topic.pattern }),
    ...(keyField !== undefined && { keyFrom: keyField }),
    ...(timeField !== undefined && { timestampFrom: timeField }),
    ...(topic.tombstones === true && { tombstones: true }),
    ...(topic.timestamps === 'broker' && { timestamps: topic.timestamps }),
  };
}

/** A name that no topic has. */
function freeName(wanted: string, { topics = {} }: Config): string {
  let name = wanted;
  for (let n = 2; Object.hasOwn(topics, name); n++) name = `${wanted}${n}`;
  return name;
}

function namesOf(
  id: string,
  { name, pattern }: TopicConfig,
  path: string,
  { report }: Surroundings,
): readonly string[] {
  if (pattern !== undefined) {
    try {
      new RegExp(pattern);
    } catch (error) {
      const reason = `not a regular expression: ${error instanceof Error ? error.message : error}`;
      report(`${path}.pattern`, { reason, hint: "Write it as text without slashes, such as 'orders-.*'" });
    }
    return [];
  }
  const names = name === undefined ? [id] : typeof name === 'string' ? [name] : name;
  names.forEach((candidate, i) => {
    const at = name === undefined ? path : typeof name === 'string' ? `${path}.name` : `${path}.name[${i}]`;
    const problem = kafkaNameProblem(candidate);
    // An identifier that is none was reported as such.
    if (problem !== undefined && (name !== undefined || topicIdProblem(id) === undefined)) report(at, problem);
    else if (names.indexOf(candidate) !== i) {
      report(at, { reason: `the name '${candidate}' is there twice`, hint: 'Remove one of them' });
    }
  });
  return names;
}

function fieldOf(
  option: string | undefined,
  value: FormatModel,
  path: string,
  { report }: Surroundings,
): FieldPath | undefined {
  if (option === undefined) return undefined;
  const field = fieldPath(value, option);
  if (!('reason' in field)) return field;
  report(path, field);
  return undefined;
}

/** Without `key`: what fits the field of `keyFrom`; bytes as they are where there is none. */
function defaultKey(field: FieldPath | undefined, path: string, { report }: Surroundings): FormatModel | undefined {
  if (field === undefined) return { kind: 'bytes' };
  const kind = plainFormatOf(field.type);
  if (kind !== undefined) return { kind };
  const hint = "Say how it lies in a record: `key: { type: 'shop.OrderKey' }`";
  report(`${path}.key`, { reason: 'no plain format holds the field that keyFrom names', hint });
  return undefined;
}

function partitionerOf(
  topic: TopicConfig,
  value: FormatModel,
  path: string,
  { report, config }: Surroundings,
): PartitionerModel | undefined {
  const partitioner = buildPartitioner(topic.partitioner ?? 'murmur2', value, config.out);
  if ('kind' in partitioner) return partitioner;
  const at = partitioner.at === undefined ? '' : `.${partitioner.at}`;
  report(`${path}.partitioner${at}`, partitioner);
  return undefined;
}
