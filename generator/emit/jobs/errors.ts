import type { ErrorPolicy } from '@kgen/runtime';
import type { InputModel, JobModel } from '../../model/model.ts';
import { RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { formatTypeText } from '../topics/formats.ts';

/** `OnError<{ key: string; streams: { flights: Flight }; deadLetters: 'flights-failed' }>`; `typeOf` gives the type of a stream's value. */
export function onErrorText(job: JobModel, printer: Printer, typeOf: (input: InputModel) => string): string {
  const streams = job.inputs.filter(({ as }) => as === 'stream').map((input) => `${input.topic.id}: ${typeOf(input)}`);
  const tables = job.inputs.filter(({ as }) => as !== 'stream').map(({ topic }) => topic.id);
  const members = [
    `key: ${formatTypeText(job.key, printer)}`,
    `streams: { ${streams.join('; ')} }`,
    ...union('tables', tables),
    ...union('timers', job.timers),
    ...union('deadLetters', job.errors?.deadLetters ?? []),
  ];
  return `${printer.useType({ from: RUNTIME, name: 'OnError' })}<{ ${members.join('; ')} }>`;
}

/** Of a declaration: `process: { deadLetter: 'flights-failed' }`. */
export function policyText([place, policy]: [string, ErrorPolicy | undefined]): string {
  if (typeof policy !== 'object') return `${place}: '${policy}'`;
  return `${place}: { deadLetter: ${stringLiteral(policy.deadLetter)} }`;
}

function union(name: string, literals: readonly string[]): readonly string[] {
  return literals.length === 0 ? [] : [`${name}: ${literals.map(stringLiteral).join(' | ')}`];
}
