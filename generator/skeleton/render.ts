import { stringLiteral } from '../emit/string-literal.ts';
import type { Finding } from '../finding.ts';
import type { JobModel, TopicModel } from '../model/model.ts';
import { handlersOf, timersOf } from './handlers.ts';

export interface Template {
  /** As findings name it: relative to the config's folder where it is the user's own. */
  readonly file: string;
  readonly text: string;
}

/** Renders a job's file, or says what is wrong with the template. `module` is what the job's declaration is imported from. */
export async function renderSkeleton(job: JobModel, module: string, template: Template): Promise<string | Finding> {
  // Only where a file is to be written: loading it takes longer than rendering.
  const { default: handlebars } = await import('handlebars');
  try {
    const render = handlebars.create().compile(template.text, { noEscape: true, strict: true });
    return render(templateVariables(job, module)).replaceAll('\r\n', '\n');
  } catch (error) {
    return templateFinding(error, template.file);
  }
}

/** What templates see; documented in templates/README.md. Identifiers and text of kgen's own: nothing needs an escape. */
export function templateVariables(job: JobModel, module: string): object {
  const tables = job.inputs.filter(({ as }) => as !== 'stream').map(({ topic }) => ({ name: topic.id }));
  const outputs = job.outputs.map((topic) => ({ name: topic.id, arguments: emitArguments(topic) }));
  const state = job.state.map(({ name, kind }) => ({ name, kind }));
  const hints = [
    ...outputs.map((output) => `Emit with ctx.emit.${output.name}(${output.arguments}).`),
    ...state.map(({ name, kind }) => `State of this key: ctx.state.${name}, a ${kind}.`),
    ...job.timers.map((timer) => `Timer of this key: ctx.timers.set('${timer}', { after: 60_000 }), or { eventTime }.`),
    ...tables.map(({ name }) => `Row of this key: ctx.tables.${name}.get().`),
  ];
  const { name, functionName, typeName } = job;
  return {
    name,
    functionName,
    typeName,
    module: stringLiteral(module),
    handlers: handlersOf(job),
    timers: timersOf(job),
    outputs,
    state,
    tables,
    hints,
  };
}

function emitArguments(topic: TopicModel): string {
  const several = topic.pattern !== undefined || topic.names.length !== 1;
  return [...(topic.keyFrom === undefined ? ['key'] : []), 'value', ...(several ? ['{ topic }'] : [])].join(', ');
}

function templateFinding(error: unknown, file: string): Finding {
  const message = error instanceof Error ? error.message : String(error);
  // Handlebars has the line in the message when parsing, else in `lineNumber`; then "- line:column" ends the message.
  const parsing = /^Parse error on line (\d+):/.exec(message);
  const { line, column } = {
    line: parsing?.[1] === undefined ? propertyOf(error, 'lineNumber') : Number(parsing[1]),
    column: propertyOf(error, 'column'),
  };
  const reason = parsing === null ? message.replace(/ - \d+:\d+$/, '') : message.split('\n').at(-1);
  return {
    file,
    position:
      line === undefined ? undefined : { line, column: parsing !== null || column === undefined ? 1 : column + 1 },
    reason: `the template is broken: ${reason}`,
    hint: 'Mend it; templates/README.md of the package kgen lists what templates may use',
  };
}

function propertyOf(error: unknown, name: 'lineNumber' | 'column'): number | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'number' ? value : undefined;
}
