import { join } from 'node:path';
import type { TypeMapping } from '@kgen/runtime/schema';
import { findConfig, type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import { beside } from '../inspect/beside.ts';
import { type Part, type PartSurroundings, readPart } from '../inspect/part.ts';
import { writerText } from '../inspect/registered.ts';
import { valueJson } from '../inspect/value-json.ts';
import type { TopicModel } from '../model/model.ts';
import { buildTopics } from '../model/topics.ts';
import { loadTypes } from '../model/types.ts';
import { loadWriterSchemas } from '../model/writer-schemas.ts';
import { kafkaSettings } from '../run/kafka-settings.ts';
import { type KafkaRecord, type RecordAddress, readRecord } from '../run/read-record.ts';
import { runtimeOf } from '../run/runtime.ts';
import { loadPulled } from '../sources/registry/load-pulled.ts';
import { type Console, count, plain, plainJson } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { inspectRegistry } from './inspect-registry.ts';

export interface TopicCall {
  /** As the config calls it, or as Kafka does. */
  readonly topic: string;
  readonly partition?: string | undefined;
  readonly offset?: string | undefined;
  readonly brokers?: string | undefined;
  readonly config?: string | undefined;
  readonly type?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `kgen inspect --topic`: one record as it lies in Kafka, who wrote it, and what it is as the project's own type. */
export async function inspectTopic(call: TopicCall, mapping: TypeMapping, console: Console): Promise<number> {
  const cwd = process.cwd();
  const none: LoadedConfig = { config: { out: '.' }, root: cwd, file: undefined, loaded: [] };
  const isThere = call.config !== undefined || findConfig(cwd) !== undefined;
  const config = isThere ? await loadConfig({ cwd, config: call.config }) : none;
  const refuse = (code: number, findings: readonly Finding[]): number => {
    printFindings(findings, config.root, console);
    return code;
  };
  if ('findings' in config) return refuse(WRONG_CALL, config.findings);
  const address = addressOf(call);
  if ('reason' in address) return refuse(WRONG_CALL, [address]);
  const { file, root } = config;
  const kafka = kafkaSettings({
    brokers: call.brokers,
    env: process.env,
    config: config.config.kafka,
    file,
    clientId: 'kgen-inspect',
  });
  if ('findings' in kafka) return refuse(WRONG_CALL, kafka.findings);
  const topics = await topicsOf(config);
  if ('findings' in topics) return refuse(FINDINGS, topics.findings);
  const registry = await inspectRegistry(config, mapping);
  if ('findings' in registry) return refuse(FINDINGS, registry.findings);
  try {
    const model = topics.find(({ id, names, pattern }) => {
      return id === call.topic || names.includes(call.topic) || isMatch(pattern, call.topic);
    });
    const name = model?.id === call.topic ? (model.names[0] ?? call.topic) : call.topic;
    const types = new Map(registry.types.map((type) => [type.fullName, type]));
    const wanted =
      call.type === undefined ? undefined : [...types.values()].find((type) => isCalled(type.fullName, call.type));
    if (call.type !== undefined && wanted === undefined) {
      return refuse(WRONG_CALL, [
        { path: '--type', reason: `there is no type ${call.type}`, hint: 'Give a full name' },
      ]);
    }
    const runtime = await runtimeOf(join(root, 'kgen.config.ts'));
    const record = await readRecord(runtime, kafka.options, { ...address, topic: name });
    if ('finding' in record) return refuse(FINDINGS, [record.finding]);
    const around: PartSurroundings = { ...registry, typeOf: (fullName) => types.get(fullName) };
    const key = await readPart(record.key, model?.key, around);
    const asWanted = wanted === undefined ? around : { ...around, readerOf: () => wanted };
    const value = await readPart(record.value, wanted === undefined ? model?.value : undefined, asWanted);
    if (call.json === true) console.print(plainJson(recordJson(record, key, value)));
    else printRecord(record, key, value, console);
    const findings = [...problems('key', key), ...problems('value', value)];
    if (findings.length === 0) return FINE;
    return call.json === true ? FINDINGS : refuse(FINDINGS, findings);
  } finally {
    registry.close();
  }
}

function addressOf({ topic, partition = '0', offset = 'latest' }: TopicCall): RecordAddress | Finding {
  const wrong = (path: string, text: string, hint: string): Finding => ({ path, reason: `'${text}' is none`, hint });
  if (!/^\d{1,9}$/.test(partition)) return wrong('--partition', partition, 'Give a number, from 0');
  const first = { topic, partition: Number(partition) };
  if (offset === 'earliest' || offset === 'latest') return { ...first, offset };
  if (!/^\d{1,15}$/.test(offset)) return wrong('--offset', offset, 'Give a number from 0, earliest or latest');
  return { ...first, offset: Number(offset) };
}

async function topicsOf(
  config: LoadedConfig,
): Promise<readonly TopicModel[] | { readonly findings: readonly Finding[] }> {
  const { root, file } = config;
  const pulled = await loadPulled(config.config.registry, root);
  const { types, complete, findings } = await loadTypes(config.config, root, pulled);
  const writers = await loadWriterSchemas(config.config, root);
  const built = buildTopics(config.config, types, writers, complete, pulled);
  const all = [...pulled.findings, ...findings, ...built.findings];
  return all.length === 0 ? built.topics : { findings: all.map((finding) => ({ file, ...finding })) };
}

function isMatch(pattern: string | undefined, topic: string): boolean {
  return pattern !== undefined && new RegExp(`^(?:${pattern})$`).test(topic);
}

function isCalled(fullName: string, name: string | undefined): boolean {
  return fullName === name || fullName.endsWith(`.${name}`);
}

function problems(path: string, { broken, unresolved }: Part): readonly Finding[] {
  const problem = broken ?? unresolved;
  return problem === undefined ? [] : [{ path, ...problem }];
}

function printRecord(record: KafkaRecord, key: Part, value: Part, console: Console): void {
  const { print, colors } = console;
  const { topic, partition, offset, timestamp, headers } = record;
  const at = timestamp < 0 ? '' : `  ${new Date(timestamp).toISOString()}`;
  print(`${colors.bold(plain(topic))}  partition ${partition}, offset ${offset}${colors.dim(at)}`);
  for (const [name, bytes] of headers) print(`${colors.dim('header')}  ${plain(name)}: ${headerText(bytes)}`);
  for (const [name, part] of [
    ['key', key],
    ['value', value],
  ] as const) {
    const { format, bytes, type, writer, written, broken, unresolved } = part;
    if (format === 'null') {
      print(`${colors.bold(name)}  null`);
      continue;
    }
    const facts = [
      ...(type === undefined ? [] : [type]),
      ...(writer === undefined ? [format] : [`written as ${writerText(writer)}`]),
      count(bytes, 'byte'),
    ];
    print(`${colors.bold(name)}  ${colors.dim(plain(facts.join(', ')))}`);
    const now = valueJson(part.value);
    const resolved = writer !== undefined && broken === undefined && unresolved === undefined;
    const then = resolved ? valueJson(written) : now;
    printValues({ then, now, type: resolved ? (type ?? 'it is') : undefined }, console);
  }
}

interface Values {
  readonly then: string;
  readonly now: string;
  /** What it was resolved to; undefined where it was not. */
  readonly type: string | undefined;
}

/** What was written and what it is now: side by side where a terminal has room for both. */
function printValues({ then, now, type }: Values, { print, colors, width }: Console): void {
  const heading = `as ${plain(type ?? '')} now:`;
  const left = { heading: 'as it was written:', text: then };
  const columns = then === now || type === undefined ? undefined : beside(left, { heading, text: now }, width ?? 0);
  if (columns !== undefined) {
    print(colors.dim(columns.headings));
    print(columns.text);
    return;
  }
  print(then);
  if (type === undefined) return;
  if (then === now) print(colors.dim(`the same as ${plain(type)} now`));
  else {
    print(colors.dim(heading));
    print(now);
  }
}

function headerText(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null';
  const text = Buffer.from(bytes).toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? JSON.stringify(plain(text)) : valueJson(bytes);
}

function recordJson({ topic, partition, offset, timestamp, headers }: KafkaRecord, key: Part, value: Part): string {
  const place = { topic, partition, offset, timestamp: timestamp < 0 ? null : new Date(timestamp).toISOString() };
  const values = headers.map(([name, bytes]) => `{"name":${JSON.stringify(name)},"value":${headerText(bytes)}}`);
  const head = JSON.stringify(place).slice(0, -1);
  return `${head},"headers":[${values.join(',')}],"key":${partJson(key)},"value":${partJson(value)}}`;
}

function partJson({ written, value, ...facts }: Part): string {
  const head = JSON.stringify(facts).slice(0, -1);
  const before = facts.writer === undefined ? '' : `,"written":${valueJson(written)}`;
  return `${head}${before},"value":${valueJson(value)}}`;
}
