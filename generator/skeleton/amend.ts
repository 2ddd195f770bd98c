import { Node, type ObjectLiteralExpression, type SourceFile, SyntaxKind } from 'ts-morph';
import type { JobModel } from '../model/model.ts';
import { compareHandlers, type HandlerModel, handlersOf, ON_TIMER, timerPath, timersOf } from './handlers.ts';
import { type JobFile, type JobFileProblem, parseJobFile } from './job-file.ts';

/** A job file with the handlers it lacked; every byte it had is still there, in order. */
export interface Amended {
  readonly text: string;
  /** Names of the added handlers; none where `text` is what it was. */
  readonly added: readonly string[];
  /** Why nothing could be added. */
  readonly problem?: JobFileProblem | undefined;
  /** Handlers that were not added since they may come from a spread, as written, that kgen cannot see into. */
  readonly unseen?: { readonly in: string; readonly names: readonly string[] } | undefined;
}

/** Adds what handlers of `job` a file lacks, in the style of those it has. */
export function amend(fileText: string, job: JobModel): Amended {
  const mark = fileText.startsWith('\uFEFF') ? '\uFEFF' : '';
  const text = fileText.slice(mark.length);
  const file = parseJobFile(text, job.functionName);
  if ('reason' in file) return { text: fileText, added: [], problem: file };
  const { missing } = compareHandlers(job, file.names);
  if (missing.length === 0) return { text: fileText, added: [] };
  const [unseen] = file.unseen;
  if (unseen !== undefined) {
    // A handler behind a spread would replace what the spread brings; one before it might be dead.
    return { text: fileText, added: [], unseen: { in: unseen, names: missing } };
  }
  const handlers: Entry[] = handlersOf(job).filter(({ name }) => missing.includes(name));
  const timers = timersOf(job).filter(({ name }) => missing.includes(timerPath(name)));
  // Timers have an object of their own, which may be there already, and further down than the end of the handlers.
  const inner = file.timers === undefined ? text : insert(text, file, file.timers, timers);
  if (file.timers === undefined && timers.length > 0) handlers.push({ name: ON_TIMER, members: timers });
  const outer = parseJobFile(inner, job.functionName);
  const amended = 'reason' in outer ? inner : insert(inner, outer, outer.handlers, handlers);
  const check = parseJobFile(amended, job.functionName);
  if ('reason' in check)
    return { text: fileText, added: [], problem: { ...check, reason: `with handlers added, ${check.reason}` } };
  return { text: mark + amended, added: missing };
}

/** What is added to an object literal: a handler, or an object of handlers. */
type Entry = HandlerModel | { readonly name: string; readonly members: readonly HandlerModel[] };

/** How a file is written, as far as added handlers should follow. */
interface Style {
  readonly lineEnd: string;
  readonly indent: string;
  readonly quote: string;
  readonly semicolon: string;
  readonly asProperty: boolean;
  /** What stands between handlers besides a line end: a blank line, where all are so apart. */
  readonly gap: string;
}

function insert(
  text: string,
  { source }: JobFile,
  handlers: ObjectLiteralExpression,
  missing: readonly Entry[],
): string {
  if (missing.length === 0) return text;
  const style = styleOf(text, source, handlers);
  const open = handlers.getStart();
  const close = handlers.getEnd() - 1;
  const properties = handlers.getProperties();
  const first = properties[0];
  const last = properties.at(-1);
  const base = indentOf(text, open);
  const ownLine = (offset: number): boolean => /^[ \t]*$/.test(text.slice(startOfLine(text, offset), offset));
  const indent =
    first !== undefined && ownLine(first.getStart()) ? indentOf(text, first.getStart()) : base + style.indent;
  const printed = missing.map((entry) => printEntry(entry, indent, style));
  const lines = printed.map((handler) => indent + handler).join(`,${style.lineEnd}${style.gap}`);

  if (last === undefined) {
    return ownLine(close)
      ? splice(text, [[startOfLine(text, close), `${lines},${style.lineEnd}`]])
      : splice(text, [[close, `${style.lineEnd}${lines},${style.lineEnd}${base}`]]);
  }
  const hasComma = handlers.compilerNode.properties.hasTrailingComma === true;
  if (ownLine(close)) {
    const comma: readonly Insertion[] = hasComma ? [] : [[last.getEnd(), ',']];
    const added = `${style.gap}${lines}${hasComma ? ',' : ''}${style.lineEnd}`;
    return splice(text, [...comma, [startOfLine(text, close), added]]);
  }
  if (first !== undefined && ownLine(first.getStart())) {
    const after = hasComma ? behindComma(text, last.getEnd(), close) : last.getEnd();
    return splice(text, [[after, `${hasComma ? '' : ','}${style.lineEnd}${lines}${hasComma ? ',' : ''}`]]);
  }
  // All in one line: it stays one.
  const inline = missing.map((entry) => printInline(entry, style)).join(', ');
  return hasComma
    ? splice(text, [[behindComma(text, last.getEnd(), close), ` ${inline},`]])
    : splice(text, [[last.getEnd(), `, ${inline}`]]);
}

type Insertion = readonly [offset: number, text: string];

/** Inserts texts, in ascending order of their offsets. */
function splice(text: string, insertions: readonly Insertion[]): string {
  let result = '';
  let from = 0;
  for (const [offset, inserted] of insertions) {
    result += text.slice(from, offset) + inserted;
    from = offset;
  }
  return result + text.slice(from);
}

function printEntry(entry: Entry, indent: string, style: Style): string {
  const inner = indent + style.indent;
  if ('members' in entry) {
    const members = entry.members.map((member) => `${inner}${printEntry(member, inner, style)},`);
    return [`${entry.name}: {`, ...members, `${indent}}`].join(style.lineEnd);
  }
  return [`${printHead(entry, style)} {`, `${inner}${printBody(entry, style)}`, `${indent}}`].join(style.lineEnd);
}

function printInline(entry: Entry, style: Style): string {
  if ('members' in entry) {
    return `${entry.name}: { ${entry.members.map((member) => printInline(member, style)).join(', ')} }`;
  }
  return `${printHead(entry, style)} { ${printBody(entry, style)} }`;
}

function printHead({ name, parameter }: HandlerModel, { asProperty }: Style): string {
  return asProperty ? `${name}: (${parameter}, ctx) =>` : `${name}(${parameter}, ctx)`;
}

function printBody({ name, parameter }: HandlerModel, { quote, semicolon }: Style): string {
  return `ctx.log.debug({ ${parameter} }, ${quote}${name}${quote})${semicolon}`;
}

function styleOf(text: string, source: SourceFile, handlers: ObjectLiteralExpression): Style {
  const imports = source.getImportDeclarations();
  const specifier = imports[0]?.getModuleSpecifier().getText() ?? "'";
  const windows = text.split('\r\n').length - 1;
  const all = text.split('\n').length - 1;
  const properties = handlers.getProperties();
  const asFunctions = properties.filter(
    (property) =>
      Node.isPropertyAssignment(property) && property.getInitializerIfKind(SyntaxKind.ArrowFunction) !== undefined,
  );
  const asMethods = properties.filter((property) => Node.isMethodDeclaration(property));
  const lineEnd = windows * 2 > all ? '\r\n' : '\n';
  const apart = properties.slice(1).map((property, before) => {
    const between = text.slice(properties[before]?.getEnd(), property.getStart());
    return /\n[ \t]*\r?\n/.test(between);
  });
  return {
    lineEnd,
    gap: apart.length > 0 && apart.every(Boolean) ? lineEnd : '',
    indent: indentUnit(text, handlers),
    quote: specifier.charAt(0),
    semicolon: imports.length > 0 && imports.every((declaration) => !declaration.getText().endsWith(';')) ? '' : ';',
    asProperty: asFunctions.length > asMethods.length,
  };
}

/** One step of indentation: that of the handlers, else the smallest in the file. */
function indentUnit(text: string, handlers: ObjectLiteralExpression): string {
  const first = handlers.getProperties()[0];
  const base = indentOf(text, handlers.getStart());
  if (first !== undefined) {
    const inner = indentOf(text, first.getStart());
    if (inner.length > base.length && inner.startsWith(base)) return inner.slice(base.length);
  }
  const indents = [...text.matchAll(/^([ \t]+)[^\s*]/gm)].map(([, indent = '']) => indent);
  if (indents.some((indent) => indent.startsWith('\t'))) return '\t';
  const smallest = Math.min(...indents.map((indent) => indent.length).filter((length) => length > 1));
  return ' '.repeat(Number.isFinite(smallest) ? smallest : 2);
}

function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

function indentOf(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(startOfLine(text, offset), offset))?.[0] ?? '';
}

/** The offset behind the comma that follows `from`: comments may lie between, and hold commas of their own. */
function behindComma(text: string, from: number, to: number): number {
  let offset = from;
  while (offset < to) {
    const comment = /^(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/)/.exec(text.slice(offset, to))?.[0];
    if (comment !== undefined) offset += comment.length;
    else if (text.charAt(offset++) === ',') return offset;
  }
  return to;
}
