import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { TypeMapping } from '@kgen/runtime/schema';
import { escapePath } from 'tinyglobby';
import { findConfig, loadConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import { parseBase64, parseHex } from '../inspect/bytes.ts';
import { describeType, printType } from '../inspect/describe.ts';
import { type InspectFormat, type Message, type Reading, readMessages } from '../inspect/messages.ts';
import { rootTypes } from '../inspect/roots.ts';
import { valueJson } from '../inspect/value-json.ts';
import type { TypeModel } from '../model/model.ts';
import { type LoadedTypes, loadTypes } from '../model/types.ts';
import { isErrno } from '../output/errno.ts';
import { kindOf } from '../sources/find-files.ts';
import { loadPulled } from '../sources/registry/load-pulled.ts';
import { type Console, plain, plainJson } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';

export interface InspectOptions {
  /** A schema file, or with `schema` the bytes. */
  readonly file?: string | undefined;
  readonly schema?: string | undefined;
  readonly type?: string | undefined;
  readonly format: string;
  readonly hex?: string | undefined;
  readonly base64?: string | undefined;
  readonly json?: boolean | undefined;
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
  const wrong = wrongCall(options);
  if (wrong !== undefined) return refuse(wrong);
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
  return inspectBytes(chosen, types, options, console, refuse);
}

function schemaFileProblem(path: string): Pick<Finding, 'reason' | 'hint'> | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { reason: 'there is no such file', hint: 'Check the path of the schema' };
  if (stat.isDirectory()) return { reason: 'it is a folder', hint: 'Name one of the schema files in it' };
  if (kindOf(path) !== undefined) return undefined;
  const hint = 'Names of schema files end in .avsc, .avpr or .avdl; bytes are read with --schema';
  return { reason: 'it is no schema file by its name', hint };
}

function wrongCall({ file, schema, format, hex, base64 }: InspectOptions): Finding | undefined {
  const sources = [file, hex, base64].filter((each) => each !== undefined);
  if (!FORMATS.includes(format)) {
    return { path: '--format', reason: `there is no format '${format}'`, hint: `Use one of ${FORMATS.join(', ')}` };
  }
  if (schema === undefined && (hex !== undefined || base64 !== undefined)) {
    return { path: '--schema', reason: 'it is missing', hint: 'Say which schema the bytes were written with' };
  }
  if (schema === undefined && file === undefined) {
    return {
      reason: 'there is nothing to inspect',
      hint: 'Name a schema file, or bytes with --schema; see kgen inspect --help',
    };
  }
  if (schema !== undefined && sources.length > 1) {
    return { reason: 'the bytes are given twice', hint: 'Give one of: a file, --hex, --base64' };
  }
  return undefined;
}

/**
 * The types that a file defines. Where it refers to others, the schemas of the project's config are read as well.
 * Without `mapping`, types are mapped as that config says.
 */
async function typesOfFile(
  file: string,
  cwd: string,
  mapping: TypeMapping | undefined,
): Promise<Pick<LoadedTypes, 'types' | 'findings'>> {
  const alone = await loadTypes({ schemas: [escapePath(file)], types: mapping }, cwd);
  const found = { types: ofFile(alone.types, file), findings: alone.findings };
  if (mapping !== undefined && alone.findings.length === 0) return found;
  const path = findConfig(dirname(resolve(cwd, file)));
  const config = path === undefined ? undefined : await loadConfig({ cwd, config: path });
  if (config === undefined || 'findings' in config) return found;
  const inRoot = relative(config.root, resolve(cwd, file)).replaceAll('\\', '/');
  const { schemas = [], types = {}, registry } = config.config;
  const pulled = await loadPulled(registry, config.root);
  const globs = [...schemas, escapePath(inRoot)];
  const together = await loadTypes({ schemas: globs, types: mapping ?? types }, config.root, pulled);
  if (together.findings.length > 0) return found;
  return { types: ofFile(together.types, inRoot), findings: [] };
}

/** Without those that the file imports. */
function ofFile(types: readonly TypeModel[], file: string): readonly TypeModel[] {
  return types.filter(({ source }) => source === file);
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

async function inspectBytes(
  chosen: readonly TypeModel[],
  types: readonly TypeModel[],
  options: InspectOptions,
  console: Console,
  refuse: (finding: Finding) => number,
): Promise<number> {
  const format = options.format as InspectFormat;
  const candidates = options.type === undefined ? rootTypes(types) : chosen;
  // A single-object message names its type by its fingerprint.
  if (candidates.length > 1 && format !== 'single-object') {
    const names = candidates.map(({ fullName }) => fullName).join(', ');
    return refuse({ path: '--type', reason: `the schema has several types: ${names}`, hint: 'Name one with --type' });
  }
  const input = await readInput(options);
  if ('reason' in input) return refuse(input);
  const reading = readMessages(input.bytes, format, format === 'single-object' ? chosen : candidates);
  if (options.json === true) console.print(plainJson(jsonReport(reading)));
  else for (const message of reading.messages) printMessage(message, reading.messages.length > 1, console);
  const { breakage } = reading;
  if (breakage === undefined) return FINE;
  if (options.json !== true) {
    const path = [breakage.type, breakage.path]
      .filter((part) => part !== '')
      .join(breakage.path.startsWith('[') ? '' : '.');
    const unit = format.endsWith('json') ? 'character' : 'byte';
    const reason = `${unit} ${breakage.offset}: ${breakage.reason}`;
    const place = input.file === undefined && path === '' ? input.name : path;
    printFindings([{ file: input.file, path: place, reason, hint: breakage.hint }], process.cwd(), console);
  }
  return FINDINGS;
}

interface Input {
  readonly bytes: Uint8Array;
  /** The file they are from. */
  readonly file?: string | undefined;
  /** What findings call them where nothing else says where they broke. */
  readonly name: string;
}

async function readInput({ file, hex, base64 }: InspectOptions): Promise<Input | Finding> {
  if (hex !== undefined || base64 !== undefined) {
    const bytes = hex === undefined ? parseBase64(base64 ?? '') : parseHex(hex);
    const name = hex === undefined ? '--base64' : '--hex';
    if (bytes !== undefined) return { bytes, name };
    return { path: name, reason: 'it cannot be read', hint: 'Give whole bytes, and nothing but their digits' };
  }
  if (file === undefined || file === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
    return { bytes: new Uint8Array(Buffer.concat(chunks)), name: 'standard input' };
  }
  try {
    return { bytes: new Uint8Array(await readFile(file)), file, name: file };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = isErrno(error, 'ENOENT')
      ? 'there is no such file'
      : isErrno(error, 'EISDIR')
        ? 'it is a folder'
        : `it cannot be read (${typeof code === 'string' ? code : error})`;
    return { file, reason, hint: 'Check the path of the bytes' };
  }
}

function printMessage({ value, type, start, end, note }: Message, several: boolean, console: Console): void {
  const parts = [type, ...(note === undefined ? [] : [note]), `bytes ${start} to ${end}`];
  if (several || note !== undefined) console.note(console.colors.dim(plain(parts.join(', '))));
  console.print(valueJson(value));
}

function jsonReport({ messages, breakage }: Reading): string {
  const parts = messages.map(
    ({ value, type, start, end, note }) =>
      `{"type":${JSON.stringify(type)},"start":${start},"end":${end},${note === undefined ? '' : `"note":${JSON.stringify(note)},`}"value":${valueJson(value)}}`,
  );
  return `{"messages":[${parts.join(',')}],"breakage":${JSON.stringify(breakage ?? null)}}`;
}
