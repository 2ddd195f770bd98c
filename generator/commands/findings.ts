import { relative, resolve } from 'node:path';
import { distinct, type Finding } from '../finding.ts';
import { annotation } from './annotations.ts';
import { type Console, plain } from './console.ts';

/** Prints findings: place, reason, what to do. On GitHub also as annotations, which show up beside the code. */
export function printFindings(
  findings: readonly Finding[],
  root: string,
  console: Console,
  /** Lines that show more of a finding. */
  details: (finding: Finding) => readonly string[] = () => [],
): void {
  const { colors } = console;
  const each = distinct(findings);
  for (const finding of each) {
    console.print(place(finding, root, colors.bold, colors.dim));
    for (const line of finding.reason.split('\n')) console.print(`  ${plain(line)}`);
    for (const line of details(finding)) console.print(line);
    console.print(colors.cyan(`  → ${plain(finding.hint)}`));
  }
  printAnnotations(each, root, console);
}

/** On GitHub, what shows up beside the code; elsewhere nothing. */
export function printAnnotations(findings: readonly Finding[], root: string, console: Console): void {
  if (process.env['GITHUB_ACTIONS'] !== 'true') return;
  for (const finding of findings) console.print(annotation(finding, root));
}

/** `schemas/flight.avsc:3:5  us.bts.Flight.delay`, the file as seen from where the command runs: terminals make it a link. */
function place(
  { file, position, path }: Finding,
  root: string,
  bold: (text: string) => string,
  dim: (text: string) => string,
): string {
  const where = position === undefined ? '' : `:${position.line}:${position.column}`;
  const parts = [
    ...(file === undefined ? [] : [bold(plain(`${fromHere(file, root)}${where}`))]),
    ...(path === undefined || path === '' ? [] : [file === undefined ? bold(plain(path)) : dim(plain(path))]),
  ];
  return parts.length === 0 ? bold('kgen') : parts.join('  ');
}

export function fromHere(file: string, root: string): string {
  return relative(process.cwd(), resolve(root, file)).replaceAll('\\', '/') || '.';
}
