import type { InputModel, JobModel, Model, TopicModel } from '../../model/model.ts';
import { CODEGEN, RUNTIME } from '../packages.ts';
import { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { formatTypeText, TOPICS_PATH } from '../topics/formats.ts';
import { type EmitContext, emitContext } from '../types/context.ts';
import { printDeclaration } from './declaration.ts';
import { onErrorText } from './errors.ts';
import { localNames, type Narrowed } from './names.ts';
import { printNarrowed } from './narrowed.ts';
import { narrowedText, stateTypeText } from './types.ts';

export interface EmitJobOptions {
  /** What the file's header names: the config, relative to its folder. */
  readonly source: string;
  readonly importExtension: '.ts' | '.js' | '';
}

/** `<out>/jobs/<job>.ts` of every job; paths are relative to `out`. */
export function emitJobs(
  model: Pick<Model, 'types' | 'mapping' | 'jobs'>,
  options: EmitJobOptions,
): readonly { readonly path: string; readonly text: string }[] {
  const context = emitContext(model, options);
  return model.jobs.map((job) => ({ path: job.path, text: emitJob(job, options, context) }));
}

/** The text of `<out>/<job.path>`. `context` knows all types: a narrowed input may hold any. */
export function emitJob(job: JobModel, options: EmitJobOptions, context: EmitContext): string {
  const names = localNames(job);
  const printer = new Printer({
    source: options.source,
    importExtension: options.importExtension,
    path: job.path,
    declares: names.declares,
  });
  printHandlers(job, printer);
  printTimerHandlers(job, printer);
  printContext(job, printer);
  printState(job, printer);
  printTables(job, printer);
  printEmit(job, printer);
  printJob(job, names.narrowed, printer);
  for (const narrowed of names.narrowed) printNarrowed(narrowed, printer, context);
  return printer.print();
}

function printHandlers(job: JobModel, printer: Printer): void {
  const hooks = printer.useType({ from: RUNTIME, name: 'JobHooks' });
  printInterface(printer, `Handlers of job \`${job.name}\`.`, `${job.typeName}Handlers extends ${hooks}`, [
    ...streamsOf(job).map((input) => ({
      doc: `One record of topic \`${input.topic.id}\`.`,
      text: `${input.topic.id}: (${input.parameter}: ${handledText(input, printer)}, ctx: ${job.typeName}Context) => void | Promise<void>`,
    })),
    ...(job.timers.length === 0 ? [] : [{ text: `onTimer: ${job.typeName}TimerHandlers` }]),
    watermarks(job, printer),
    {
      doc: 'What becomes of records that fail, decided one by one; undefined leaves it to config and options.',
      text: `onError?: ${onErrorText(job, printer, (input) => handledText(input, printer))} | undefined`,
    },
  ]);
}

/** `watermarks?: { readonly flights?: WatermarkOf<Flight> | undefined } | undefined` */
function watermarks(job: JobModel, printer: Printer): Member {
  const watermarkOf = printer.useType({ from: RUNTIME, name: 'WatermarkOf' });
  const members = streamsOf(job).map((input) => {
    return `readonly ${input.topic.id}?: ${watermarkOf}<${handledText(input, printer)}> | undefined`;
  });
  return {
    doc: 'How far event time has come, where `outOfOrderness` does not tell.',
    text: `watermarks?: { ${members.join('; ')} } | undefined`,
  };
}

function printTimerHandlers(job: JobModel, printer: Printer): void {
  if (job.timers.length === 0) return;
  const handler = printer.useType({ from: RUNTIME, name: 'TimerHandler' });
  printInterface(
    printer,
    `Handlers of the timers of \`${job.name}\`.`,
    `${job.typeName}TimerHandlers`,
    job.timers.map((name) => ({ text: `${name}: ${handler}<${stringLiteral(name)}, ${job.typeName}TimerContext>` })),
  );
}

function printContext(job: JobModel, printer: Printer): void {
  const members = [
    { text: `state: ${job.typeName}State`, present: job.state.length > 0 },
    { text: `tables: ${job.typeName}Tables`, present: tablesOf(job).length > 0 },
    { text: `emit: ${job.typeName}Emit`, present: job.outputs.length > 0 },
  ].filter(({ present }) => present);
  const key = formatTypeText(job.key, printer);
  const context = `${printer.useType({ from: RUNTIME, name: 'JobContext' })}<${key}>`;
  const doc = `What handlers of \`${job.name}\` work with.`;
  if (job.timers.length === 0) {
    printInterface(printer, doc, `${job.typeName}Context extends ${context}`, members);
    return;
  }
  const timers = printer.useType({ from: RUNTIME, name: 'Timers' });
  printInterface(
    printer,
    `What handlers of timers of \`${job.name}\` work with: no record.`,
    `${job.typeName}TimerContext extends ${printer.useType({ from: RUNTIME, name: 'KeyContext' })}<${key}>`,
    [...members, { text: `timers: ${timers}<${job.timers.map(stringLiteral).join(' | ')}>` }],
  );
  printInterface(printer, doc, `${job.typeName}Context extends ${job.typeName}TimerContext, ${context}`, []);
}

function printState(job: JobModel, printer: Printer): void {
  if (job.state.length === 0) return;
  printInterface(
    printer,
    `What \`${job.name}\` remembers of each key.`,
    `${job.typeName}State`,
    job.state.map((state) => ({ text: `${state.name}: ${stateTypeText(state, printer)}` })),
  );
}

function printTables(job: JobModel, printer: Printer): void {
  const tables = tablesOf(job);
  if (tables.length === 0) return;
  const table = printer.useType({ from: RUNTIME, name: 'Table' });
  printInterface(
    printer,
    `Tables that \`${job.name}\` looks things up in.`,
    `${job.typeName}Tables`,
    tables.map((input) => ({
      text: `${input.topic.id}: ${table}<${formatTypeText(input.topic.key, printer)}, ${inputText(input, printer)}>`,
    })),
  );
}

function printEmit(job: JobModel, printer: Printer): void {
  if (job.outputs.length === 0) return;
  printInterface(
    printer,
    `Outputs of \`${job.name}\`.`,
    `${job.typeName}Emit`,
    job.outputs.map((topic) => ({ text: `${topic.id}: ${emitText(topic, printer)}` })),
  );
}

/** `EmitValue<AirportDelay>`, `EmitKeyedTo<string, Order, 'orders-eu' | 'orders-us'>` */
function emitText(topic: TopicModel, printer: Printer): string {
  const names = topic.pattern === undefined ? topic.names.map(stringLiteral).join(' | ') : 'string';
  const one = topic.pattern === undefined && topic.names.length === 1;
  const type = `Emit${topic.keyFrom === undefined ? 'Keyed' : 'Value'}${one ? '' : 'To'}`;
  const key = formatTypeText(topic.key, printer);
  const value = formatTypeText(topic.value, printer);
  const emit = (name: string, types: readonly string[]): string => {
    return `${printer.useType({ from: RUNTIME, name })}<${[...types, ...(one ? [] : [names])].join(', ')}>`;
  };
  if (topic.keyFrom === undefined) return emit(type, [key, topic.tombstones === true ? `${value} | null` : value]);
  if (topic.tombstones !== true) return emit(type, [value]);
  // The last overload is the one that the compiler's messages are about.
  return `${emit(`EmitTombstone${one ? '' : 'To'}`, [key])} & ${emit(type, [value])}`;
}

function printJob(job: JobModel, narrowed: readonly Narrowed[], printer: Printer): void {
  const { body } = printer;
  const type = printer.useType({ from: RUNTIME, name: 'Job' });
  const createJob = printer.use({ from: CODEGEN, name: 'createJob' });
  const handlers = `${job.typeName}Handlers`;
  body.writeLine(`/** Job \`${job.name}\`, with its handlers; and with its topics, which tests send to and read. */`);
  body.write(`export type ${job.typeName} = ${type}<`).inlineBlock(() => {
    body.writeLine(`key: ${formatTypeText(job.key, printer)};`);
    body.writeLine(`handlers: ${handlers};`);
    printTopics('streams', streamsOf(job), printer);
    printTopics('tables', tablesOf(job), printer);
    printTopics(
      'outputs',
      job.outputs.map((topic) => ({ topic })),
      printer,
    );
    if (job.state.length > 0) body.writeLine(`state: ${job.typeName}State;`);
  });
  body.write('>;').newLine().blankLine();
  body.writeLine(
    `/** Declares job \`${job.name}\`: give it its handlers, export the job, run it with \`kgen run ${job.name}\` or \`run(job, …)\`. */`,
  );
  body.write(`export function ${job.functionName}(handlers: ${handlers}): ${job.typeName} `).block(() => {
    body.writeLine(`return ${createJob}(`);
    body.indent(() => {
      printDeclaration(job, narrowed, printer);
      body.writeLine('handlers,');
    });
    body.writeLine(');');
  });
  body.blankLine();
}

/** `streams: { flights: typeof flights };` */
function printTopics(name: string, of: readonly Pick<InputModel, 'topic'>[], printer: Printer): void {
  if (of.length === 0) return;
  const topics = of.map(({ topic }) => `${topic.id}: typeof ${printer.use({ from: TOPICS_PATH, name: topic.id })}`);
  printer.body.writeLine(`${name}: { ${topics.join('; ')} };`);
}

/** What a handler of a stream gets: null stands for a tombstone, where the topic has some. */
function handledText(input: InputModel, printer: Printer): string {
  return `${inputText(input, printer)}${input.topic.tombstones === true ? ' | null' : ''}`;
}

/** The type of an input's value, as handlers and tables show it. */
function inputText(input: InputModel, printer: Printer): string {
  const whole = formatTypeText(input.topic.value, printer);
  return input.fields === undefined ? whole : narrowedText(whole, input.fields);
}

function streamsOf(job: JobModel): readonly InputModel[] {
  return job.inputs.filter(({ as }) => as === 'stream');
}

function tablesOf(job: JobModel): readonly InputModel[] {
  return job.inputs.filter(({ as }) => as !== 'stream');
}

interface Member {
  readonly doc?: string | undefined;
  /** Without `readonly` and semicolon. */
  readonly text: string;
}

function printInterface({ body }: Printer, doc: string, head: string, members: readonly Member[]): void {
  body.writeLine(`/** ${doc} */`);
  if (members.length === 0) body.writeLine(`export interface ${head} {}`);
  else {
    body.write(`export interface ${head} `).inlineBlock(() => {
      for (const { doc, text } of members) {
        if (doc !== undefined) body.writeLine(`/** ${doc} */`);
        body.writeLine(`readonly ${text};`);
      }
    });
  }
  body.blankLine();
}
