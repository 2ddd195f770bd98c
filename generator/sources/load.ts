import { basename, extname, isAbsolute, join, posix } from 'node:path';
import type { Finding } from '../finding.ts';
import { parseAvdl } from './avdl.ts';
import { parseAvpr } from './avpr.ts';
import { parseAvsc } from './avsc.ts';
import { compare, findFiles, kindOf } from './find-files.ts';
import { shown } from './problem.ts';
import { type FileText, readText } from './read-text.ts';
import type { FileImport, FileKind, ParsedFile } from './source-file.ts';

/** A schema file that was read. */
export interface SourceFile extends ParsedFile {
  /** Relative to the config's folder, with `/`. */
  readonly file: string;
  readonly text: string;
  /** What an unnamed schema in it is called: the file's base name. */
  readonly rootName: string;
  /** True where only other files' imports led to it: then just its named types count. */
  readonly imported: boolean;
}

export interface Sources {
  /** Sorted by name, each file once. */
  readonly files: readonly SourceFile[];
  readonly findings: readonly Finding[];
  /** What a person should know and need not mend. */
  readonly notices: readonly string[];
}

const PARSERS: { readonly [K in FileKind]: (text: string) => ParsedFile } = {
  idl: parseAvdl,
  protocol: parseAvpr,
  schema: parseAvsc,
};

/** Who asked for a file. */
interface Request {
  readonly file: string;
  readonly kind: FileKind;
  /** The file and place that import it; undefined where a glob matches it. */
  readonly from?: { readonly source: SourceFile; readonly statement: FileImport } | undefined;
}

/** Reads the schema files that globs match, and those that they import, wherever these lie. */
export async function loadSources(globs: readonly string[], root: string): Promise<Sources> {
  const found = await findFiles(globs, root);
  const findings: Finding[] = [...found.findings];
  /** By identity: a file may have several names. */
  const read = new Map<string, { readonly source: SourceFile; readonly kind: FileKind }>();
  const texts = new Map<string, FileText>();
  let wave: readonly Request[] = found.files.map((file) => ({ file, kind: kindOf(file) ?? 'schema' }));
  while (wave.length > 0) {
    await readTexts(wave, root, texts);
    const next: Request[] = [];
    for (const request of wave) {
      const text = texts.get(request.file);
      if (text === undefined) continue;
      if ('reason' in text) {
        findings.push(unreadable(request, text));
        continue;
      }
      const known = read.get(text.identity);
      if (known) {
        if (known.kind !== request.kind) findings.push(otherKind(request, known.kind));
        continue;
      }
      const source = parseSource(request, text.text);
      read.set(text.identity, { source, kind: request.kind });
      for (const finding of textFindings(source)) findings.push(finding);
      for (const statement of source.imports) next.push(...importRequest(source, statement, findings));
    }
    wave = next.sort((a, b) => compare(a.file, b.file));
  }
  const files = [...read.values()].map(({ source }) => source).sort((a, b) => compare(a.file, b.file));
  return { files, findings, notices: noticesOf(files) };
}

/** Far below the number of files that systems let a process open. */
const OPEN_AT_ONCE = 64;

/** Reads what was not read yet, each file once however often it is imported. */
async function readTexts(requests: readonly Request[], root: string, texts: Map<string, FileText>): Promise<void> {
  const files = [...new Set(requests.map(({ file }) => file))].filter((file) => !texts.has(file));
  for (let i = 0; i < files.length; i += OPEN_AT_ONCE) {
    const some = files.slice(i, i + OPEN_AT_ONCE);
    const read = await Promise.all(some.map((file) => readText(join(root, file))));
    for (const [j, text] of read.entries()) texts.set(some[j] ?? '', text);
  }
}

function parseSource({ file, kind, from }: Request, text: string): SourceFile {
  const rootName = basename(file, extname(file));
  return { ...PARSERS[kind](text), file, text, rootName, imported: from !== undefined };
}

/** Where an import leads. The path is relative to the importing file, as in Java's tool; a class path does not exist here. */
function importRequest(source: SourceFile, statement: FileImport, findings: Finding[]): readonly Request[] {
  const { path, kind } = statement;
  const wrong = pathProblem(path);
  if (wrong !== undefined) {
    findings.push({
      ...placeOf(source, statement.offset),
      reason: `Cannot import "${shown(path)}": ${wrong}`,
      hint: IMPORT_HINT,
    });
    return [];
  }
  return [{ file: posix.join(posix.dirname(source.file), path), kind, from: { source, statement } }];
}

const IMPORT_HINT = 'Write the path from this file to the other, with `/`: import idl "../common/money.avdl";';

function pathProblem(path: string): string | undefined {
  if (path.trim() === '') return 'the path is empty';
  if (path.includes('\0')) return 'the path holds a NUL character';
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(path)) return 'only files are read';
  if (isAbsolute(path) || path.startsWith('/') || path.startsWith('\\'))
    return 'the path is absolute, so it holds on one machine only';
  if (path.includes('\\')) return 'the path holds a backslash';
  return undefined;
}

function unreadable(
  { file, from }: Request,
  { reason, hint }: { readonly reason: string; readonly hint: string },
): Finding {
  if (!from) return { file, reason, hint };
  return {
    ...placeOf(from.source, from.statement.offset),
    reason: `Cannot import "${shown(from.statement.path)}" (${shown(file)}): ${reason}`,
    hint: hint.startsWith('Correct') ? 'Correct the path; it is relative to this file' : hint,
  };
}

function otherKind({ file, kind, from }: Request, read: FileKind): Finding {
  const reason = `${shown(file)} is read as ${read}, and imported as ${kind}`;
  const place = from ? placeOf(from.source, from.statement.offset) : { file };
  return { ...place, reason, hint: `Write: import ${read} "…";` };
}

function textFindings(source: SourceFile): readonly Finding[] {
  return source.problems.map(({ offset, reason, hint }) => ({ ...placeOf(source, offset), reason, hint }));
}

/** Where an offset of a file lies, as findings say it. */
export function placeOf(source: SourceFile, offset: number): Pick<Finding, 'file' | 'position'> {
  const starts = LINE_STARTS.get(source) ?? lineStarts(source.text);
  LINE_STARTS.set(source, starts);
  let line = 0;
  for (let end = starts.length; end - line > 1; ) {
    const middle = (line + end) >> 1;
    if ((starts[middle] ?? 0) <= offset) line = middle;
    else end = middle;
  }
  return { file: source.file, position: { line: line + 1, column: offset - (starts[line] ?? 0) + 1 } };
}

/** Of files that had findings. */
const LINE_STARTS = new WeakMap<SourceFile, readonly number[]>();

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function noticesOf(files: readonly SourceFile[]): readonly string[] {
  const withMessages = files.filter(({ messages }) => messages > 0).map(({ file }) => shown(file));
  if (withMessages.length === 0) return [];
  const more = withMessages.length > 3 ? ` and ${withMessages.length - 3} more` : '';
  return [`Messages of protocols are ignored: ${withMessages.slice(0, 3).join(', ')}${more}`];
}
