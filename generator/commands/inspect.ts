import { relative, resolve } from 'node:path';
import { findConfig, loadConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import { describeType, printType } from '../inspect/describe.ts';
import { type InspectFormat, readMessages } from '../inspect/messages.ts';
import { type ReaderType, readRegistered } from '../inspect/registered.ts';
import { rootTypes } from '../inspect/roots.ts';
import type { TypeModel } from '../model/model.ts';
import { type Console, plain, plainJson } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { readInput, reportReading } from './inspect-bytes.ts';
import { type InspectRegistry, inspectRegistry } from './inspect-registry.ts';
import { schemaFileProblem, typesOfFile } from './types-of-file.ts';

export interface InspectOptions {
  /** A schema file, or with `schema` the bytes. */
  readonly file?: string | undefined;
  readonly schema?: string | undefined;
  readonly type?: string | undefined;
  /** Default `avro`. */
  readonly format?: string | undefined;
  readonly hex?: string | undefined;
  readonly base64?: string | undefined;
  readonly json?: boolean | undefined;
  /** Of a record in Kafka. */
  readonly topic?: string | undefined;
  readonly partition?: string | undefined;
  readonly offset?: string | undefined;
  readonly brokers?: string | undefined;
  readonly config?: string | undefined;
}

/** Values are shown as people read them: everything exact, times as ISO 8601. */
const READABLE = {
  long: 'bigint',
  logical: {
    'time-millis': 'string',
    'time-micros': 'string',
    'timestamp-millis': 'string',
    'timestamp-micros': 'string',
    'timestamp-nanos': 'string',
  },
} as const;

const FORMATS: readonly string[] = ['avro', 'confluent', 'single-object', 'json', 'avro-json'];

/** `kgen inspect`: what a schema says, or what bytes say that were written with it. */
export async function inspectCommand(options: InspectOptions, console: Console): Promise<number> {
  const cwd = process.cwd();
  const refuse = (finding: Finding): number => {
    printFindings([finding], cwd, console);
    return WRONG_CALL;
  };
  const wrong = wrongTopicCall(options) ?? wrongCall(options);
  if (wrong !== undefined) return refuse(wrong);
  const { topic } = options;
  if (topic !== undefined) {
    return (await import('./inspect-topic.ts')).inspectTopic({ ...options, topic }, READABLE, console);
  }
  const registry = options.format === 'confluent' ? await registryOfCall(options) : undefined;
  try {
    return await inspectFile(options, registry, console);
  } finally {
    if (registry !== undefined && 'find' in registry) registry.close();
  }
}

type Registry = Awaited<ReturnType<typeof inspectRegistry>>;

/** Of the nearest config, where it names one. */
async function registryOfCall({ config: path }: InspectOptions): Promise<Registry | undefined> {
  const cwd = process.cwd();
  if (path === undefined && findConfig(cwd) === undefined) return undefined;
  const config = await loadConfig({ cwd, config: path });
  if ('findings' in config) return config;
  return config.config.registry === undefined ? undefined : inspectRegistry(config, READABLE);
}

async function inspectFile(options: InspectOptions, registry: Registry | undefined, console: Console): Promise<number> {
  const cwd = process.cwd();
  const refuse = (finding: Finding): number => {
    printFindings([finding], cwd, console);
    return WRONG_CALL;
  };
  const { schema: named, hex, base64 } = options;
  const format = (options.format ?? 'avro') as InspectFormat;
  if (named === undefined && (format === 'confluent' || hex !== undefined || base64 !== undefined)) {
    if (registry !== undefined && 'find' in registry) return inspectRegistered(options, registry, undefined, console);
    if (registry !== undefined) {
      printFindings(registry.findings, cwd, console);
      return FINDINGS;
    }
    return refuse({ path: '--schema', reason: 'it is missing', hint: 'Say which schema the bytes were written with' });
  }
  const schema = options.schema ?? options.file ?? '';
  const file = relative(cwd, resolve(cwd, schema)).replaceAll('\\', '/');
  const unusable = schemaFileProblem(resolve(cwd, schema));
  if (unusable !== undefined) return refuse({ file, ...unusable });

  const readable = options.schema !== undefined && options.format !== 'json';
  const { types, findings } = await typesOfFile(file, cwd, readable ? READABLE : undefined);
  if (findings.length > 0) {
    printFindings(findings, cwd, console);
    return FINDINGS;
  }
  const chosen = options.type === undefined ? types : types.filter(({ fullName }) => isCalled(fullName, options.type));
  if (chosen.length === 0) {
    const names = types.map(({ fullName }) => fullName).join(', ');
    return refuse({
      file,
      reason: `it has no type ${options.type ?? ''}`.trim(),
      hint: `It has: ${names === '' ? 'none' : names}`,
    });
  }
  if (options.schema === undefined) return printSchema(chosen, options.json === true, console);

  const candidates = options.type === undefined ? rootTypes(types) : chosen;
  // A single-object message names its type by its fingerprint.
  if (candidates.length > 1 && format !== 'single-object') {
    const names = candidates.map(({ fullName }) => fullName).join(', ');
    return refuse({ path: '--type', reason: `the schema has several types: ${names}`, hint: 'Name one with --type' });
  }
  if (registry !== undefined && 'find' in registry) {
    return inspectRegistered(options, registry, candidates[0], console);
  }
  const input = await readInput(options);
  if ('reason' in input) return refuse(input);
  const reading = readMessages(input.bytes, format, format === 'single-object' ? chosen : candidates);
  return reportReading(reading, input, { format, json: options.json === true }, console);
}

/** Messages whose schemas a registry has: each says who wrote it, and is resolved to `reader`, or to the type of its name. */
async function inspectRegistered(
  options: InspectOptions,
  { find, readerOf, types }: InspectRegistry,
  reader: ReaderType | undefined,
  console: Console,
): Promise<number> {
  const { type } = options;
  const wanted = reader ?? (type === undefined ? undefined : types.find(({ fullName }) => isCalled(fullName, type)));
  const input = await readInput(options);
  const wrong: Finding | undefined =
    'reason' in input
      ? input
      : type !== undefined && wanted === undefined
        ? { path: '--type', reason: `there is no type ${type}`, hint: 'Give the full name of one in your schemas' }
        : undefined;
  if (wrong !== undefined || 'reason' in input) {
    printFindings(wrong === undefined ? [] : [wrong], process.cwd(), console);
    return WRONG_CALL;
  }
  const reading = await readRegistered(input.bytes, {
    find,
    readerOf: (writer) => wanted ?? readerOf(writer),
    otherwise: reader,
  });
  return reportReading(reading, input, { format: 'confluent', json: options.json === true }, console);
}

function wrongCall({ file, schema, format = 'avro', hex, base64, topic }: InspectOptions): Finding | undefined {
  const sources = [file, hex, base64].filter((each) => each !== undefined);
  if (!FORMATS.includes(format)) {
    return { path: '--format', reason: `there is no format '${format}'`, hint: `Use one of ${FORMATS.join(', ')}` };
  }
  if (schema === undefined && sources.length === 0 && topic === undefined) {
    return {
      reason: 'there is nothing to inspect',
      hint: 'Name a schema file, bytes with --schema, or a record with --topic; see kgen inspect --help',
    };
  }
  if (schema !== undefined ? sources.length > 1 : hex !== undefined && base64 !== undefined) {
    return { reason: 'the bytes are given twice', hint: 'Give one of: a file, --hex, --base64' };
  }
  return undefined;
}

function wrongTopicCall(options: InspectOptions): Finding | undefined {
  const { topic, file, schema, format, hex, base64, partition, offset, brokers } = options;
  if (topic === undefined) {
    if (partition === undefined && offset === undefined && brokers === undefined) return undefined;
    return { path: '--topic', reason: 'it is missing', hint: 'Name the topic that the record lies in' };
  }
  if ([file, schema, format, hex, base64].every((each) => each === undefined)) return undefined;
  const reason = 'a record of a topic is read as the config says';
  return { path: '--topic', reason, hint: 'Leave out the file, --schema, --format, --hex and --base64' };
}

/** By full name, or by what follows its last dot. */
function isCalled(fullName: string, name: string | undefined): boolean {
  return fullName === name || fullName.endsWith(`.${name}`);
}

function printSchema(types: readonly TypeModel[], json: boolean, console: Console): number {
  const descriptions = types.map(({ fullName, type }) => describeType(fullName, type));
  if (json) console.print(plainJson(JSON.stringify(descriptions, null, 2)));
  else {
    const style = { bold: console.colors.bold, dim: console.colors.dim, plain };
    console.print(descriptions.map((each) => printType(each, style)).join('\n\n'));
  }
  return FINE;
}
