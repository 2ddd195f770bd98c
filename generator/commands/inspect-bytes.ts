import { readFile } from 'node:fs/promises';
import type { Finding } from '../finding.ts';
import { parseBase64, parseHex } from '../inspect/bytes.ts';
import type { InspectFormat, Message, Reading } from '../inspect/messages.ts';
import { valueJson } from '../inspect/value-json.ts';
import { isErrno } from '../output/errno.ts';
import { type Console, plain, plainJson } from './console.ts';
import { FINDINGS, FINE } from './exit.ts';
import { printFindings } from './findings.ts';

/** Where the call says that the bytes are. */
export interface InputCall {
  readonly file?: string | undefined;
  readonly hex?: string | undefined;
  readonly base64?: string | undefined;
}

export interface Input {
  readonly bytes: Uint8Array;
  /** The file they are from. */
  readonly file?: string | undefined;
  /** What findings call them where nothing else says where they broke. */
  readonly name: string;
}

export async function readInput({ file, hex, base64 }: InputCall): Promise<Input | Finding> {
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

export interface ReadingOptions {
  readonly format: InspectFormat;
  readonly json: boolean;
}

/** Prints values, and where the bytes break. */
export function reportReading(
  reading: Reading,
  input: Input,
  { format, json }: ReadingOptions,
  console: Console,
): number {
  const { messages, breakage } = reading;
  if (json) console.print(plainJson(jsonReport(reading)));
  else for (const message of messages) printMessage(message, messages.length > 1, console);
  const findings: Finding[] = messages.flatMap(({ unresolved, note }) => {
    return unresolved === undefined ? [] : [{ file: input.file, path: note ?? input.name, ...unresolved }];
  });
  if (breakage !== undefined) {
    const path = [breakage.type, breakage.path]
      .filter((part) => part !== '')
      .join(breakage.path.startsWith('[') ? '' : '.');
    const unit = format.endsWith('json') ? 'character' : 'byte';
    const reason = `${unit} ${breakage.offset}: ${breakage.reason}`;
    const place = input.file === undefined && path === '' ? input.name : path;
    findings.push({ file: input.file, path: place, reason, hint: breakage.hint });
  }
  if (findings.length === 0) return FINE;
  if (!json) printFindings(findings, process.cwd(), console);
  return FINDINGS;
}

function printMessage({ value, type, start, end, note }: Message, several: boolean, console: Console): void {
  const parts = [type, ...(note === undefined ? [] : [note]), `bytes ${start} to ${end}`];
  if (several || note !== undefined) console.note(console.colors.dim(plain(parts.join(', '))));
  console.print(valueJson(value));
}

function jsonReport({ messages, breakage }: Reading): string {
  const parts = messages.map(
    ({ value, written: _, ...facts }) => `${JSON.stringify(facts).slice(0, -1)},"value":${valueJson(value)}}`,
  );
  return `{"messages":[${parts.join(',')}],"breakage":${JSON.stringify(breakage ?? null)}}`;
}
