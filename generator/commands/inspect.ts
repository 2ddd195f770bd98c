import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Finding } from '../finding.ts';
import { parseBase64, parseHex } from '../inspect/bytes.ts';
import { describeType, printType } from '../inspect/describe.ts';
import { type InspectFormat, type Message, type Reading, readMessages } from '../inspect/messages.ts';
import { rootTypes } from '../inspect/roots.ts';
import { valueJson } from '../inspect/value-json.ts';
import type { TypeModel } from '../model/model.ts';
import { isErrno } from '../output/errno.ts';
import { type Console, plain, plainJson } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { schemaFileProblem, typesOfFile } from './types-of-file.ts';

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
