import type CodeBlockWriter from 'code-block-writer';
import type { FormatModel, TopicModel, WritersModel } from '../../model/model.ts';
import { CODEGEN, RUNTIME } from '../packages.ts';
import { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { documentation } from '../types/documentation.ts';
import { topicDoc } from './doc.ts';
import { keyText, timeText } from './fields.ts';
import { formatText, formatTypeText, formatTypeTexts, TOPICS_PATH } from './formats.ts';
import { printRegistries, registriesOf } from './print-registry.ts';

export interface EmitTopicsOptions {
  /** What the file's header names: the config, relative to its folder. */
  readonly source: string;
  readonly importExtension: '.ts' | '.js' | '';
}

const LINE_WIDTH = 80;

/** Names that the file uses without importing them. */
const USED = ['BigInt', 'Math', 'Uint8Array', 'undefined', 'value', 'input', 'id'];

/** The text of `<out>/topics.ts`. */
export function emitTopics(topics: readonly TopicModel[], options: EmitTopicsOptions): string {
  const { source, importExtension } = options;
  const functions = topics
    .flatMap((topic) => [...writersOf(topic), ...registriesOf(topic)])
    .map((each) => each.functionName);
  const declares = [...topics.map(({ id }) => id), ...functions, ...USED];
  const printer = new Printer({ source, importExtension, path: TOPICS_PATH, declares });
  for (const topic of topics) printTopic(topic, printer);
  for (const topic of topics) printRegistries(topic, printer);
  for (const topic of topics) printWriters(topic, printer);
  return printer.print();
}

function printTopic(topic: TopicModel, printer: Printer): void {
  const { body } = printer;
  const { id, names, pattern, key, value, keyFrom, timestampFrom, tombstones } = topic;
  const interfaceName = keyFrom === undefined ? 'Topic' : 'KeyedTopic';
  for (const line of documentation(topicDoc(topic))) body.writeLine(line);
  body.write(`export const ${id}: ${printer.useType({ from: RUNTIME, name: interfaceName })}<`);
  const last = `${namesType(topic)}${tombstones === true ? ', null' : ''}`;
  printTypes(formatTypeText(key, printer), formatTypeTexts(value, printer), last, body);
  body.write(`> = /* @__PURE__ */ ${printer.use({ from: CODEGEN, name: 'topic' })}(`);
  body.inlineBlock(() => {
    body.writeLine(`id: ${stringLiteral(id)},`);
    if (pattern === undefined) body.writeLine(`names: [${names.map(stringLiteral).join(', ')}],`);
    else body.writeLine(`pattern: ${patternText(pattern)},`);
    body.writeLine(`key: ${pureFormatText(key, printer)},`);
    body.writeLine(`value: ${pureFormatText(value, printer)},`);
    if (keyFrom !== undefined) body.writeLine(`keyFrom: (value) => ${keyText(keyFrom, key)},`);
    if (timestampFrom !== undefined) body.writeLine(`timestampFrom: (value) => ${timeText(timestampFrom, printer)},`);
    if (topic.timestamps !== undefined) body.writeLine(`timestamps: ${stringLiteral(topic.timestamps)},`);
    if (tombstones === true) body.writeLine('tombstones: true,');
    body.writeLine(`partitioner: ${partitionerText(topic, printer)},`);
  });
  body.write(');').newLine().blankLine();
}

/** On one line, or on one each where that would be long. */
function printTypes(key: string, values: readonly string[], names: string, body: CodeBlockWriter): void {
  const line = [key, values.join(' | '), names].join(', ');
  if (line.length <= LINE_WIDTH) {
    body.write(line);
    return;
  }
  body.newLine().indent(() => {
    body.writeLine(`${key},`);
    for (const [i, value] of values.entries()) {
      body.writeLine(`${values.length > 1 ? '| ' : ''}${value}${i + 1 < values.length ? '' : ','}`);
    }
    body.writeLine(names);
  });
}

/** A bundler drops a topic that nobody uses, and the calls in it. */
function pureFormatText(format: FormatModel, printer: Printer): string {
  return `${'types' in format || format.kind === 'own' ? '/* @__PURE__ */ ' : ''}${formatText(format, printer)}`;
}

function namesType({ names, pattern }: TopicModel): string {
  return pattern === undefined ? names.map(stringLiteral).join(' | ') : 'string';
}

/**
 * A regular expression that matches whole names. Quotes are escaped, so that none can look like a string's, and what is not
 * plain ASCII, so that all of it can be seen and halves of surrogate pairs can be written.
 */
function patternText(pattern: string): string {
  const { source } = new RegExp(`^(?:${pattern})$`);
  const escaped = source.replace(/\\?./gs, (token) => {
    const character = token.at(-1) ?? '';
    if (/[ -~]/.test(character) && !/['"`]/.test(character)) return token;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `/${escaped}/`;
}

function partitionerText({ partitioner }: TopicModel, printer: Printer): string {
  switch (partitioner.kind) {
    case 'murmur2':
    case 'sticky':
    case 'fixed':
      return printer.use({ from: CODEGEN, name: partitioner.kind });
    case 'round-robin':
      return printer.use({ from: CODEGEN, name: 'roundRobin' });
    case 'field': {
      const format = { kind: partitioner.format };
      const field = `(value) => ${keyText(partitioner.field, format)}`;
      const byField = printer.use({ from: CODEGEN, name: 'byField' });
      return `/* @__PURE__ */ ${byField}(${field}, ${printer.use({ from: CODEGEN, name: partitioner.format })})`;
    }
    case 'function': {
      const { name, path } = partitioner;
      // Called later: the user's module may import this one.
      return `(input) => ${printer.use({ from: path, name })}(input)`;
    }
  }
}

function writersOf({ key, value }: TopicModel): readonly WritersModel[] {
  return [key, value].flatMap((format) => ('types' in format && format.writers !== undefined ? [format.writers] : []));
}

function printWriters(topic: TopicModel, printer: Printer): void {
  const { body } = printer;
  for (const { functionName, schemas } of writersOf(topic)) {
    const byId = schemas.flatMap(({ id, schema }) => (id === undefined ? [] : [{ id, schema }]));
    body.writeLine(`/** Schemas of older writers in topic \`${topic.id}\`. */`);
    if (byId.length === schemas.length) {
      body.write(`export function ${functionName}(id: number): string | undefined `).block(() => {
        body.write('switch (id) ').block(() => {
          for (const { id, schema } of byId) {
            body.writeLine(`case ${id}:`);
            body.indent(() => body.writeLine(`return ${stringLiteral(schema)};`));
          }
          body.writeLine('default:');
          body.indent(() => body.writeLine('return undefined;'));
        });
      });
    } else {
      body.write(`export function ${functionName}(): readonly string[] `).block(() => {
        body.writeLine('return [');
        body.indent(() => {
          for (const { schema } of schemas) body.writeLine(`${stringLiteral(schema)},`);
        });
        body.writeLine('];');
      });
    }
    body.blankLine();
  }
}
