import type { InputModel, JobModel, StateModel, TopicModel } from '../../model/model.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { codecText, formatText, TOPICS_PATH } from '../topics/formats.ts';
import { policyText } from './errors.ts';
import type { Narrowed } from './names.ts';
import { numberText } from './number-text.ts';
import { positionOptions } from './positions.ts';

/** As biome.json of this repository has it: longer objects take a line for each entry. */
const LINE_WIDTH = 100;

/** The object literal that declares a job to the runtime, with a comma behind it. */
export function printDeclaration(job: JobModel, narrowed: readonly Narrowed[], printer: Printer): void {
  const inputs = job.inputs.map((input) => `${input.topic.id}: ${inputText(input, narrowed, printer)}`);
  const outputs = job.outputs.map((topic) => shorthand(topic.id, topicText(topic, printer)));
  const state = job.state.map((each) => `${each.name}: ${stateText(each, printer)}`);
  printer.body.writeLine('{');
  printer.body.indent(() => {
    printer.body.writeLine(`name: '${job.name}',`);
    printer.body.writeLine(`key: ${formatText(job.key, printer)},`);
    printObject('inputs', inputs, printer);
    printObject('outputs', outputs, printer);
    printObject('state', state, printer);
    if (job.timers.length > 0) {
      printer.body.writeLine(`timers: [${job.timers.map(stringLiteral).join(', ')}],`);
    }
    for (const option of positionOptions(job)) printer.body.writeLine(`${option},`);
    printer.body.writeLine(`guarantee: '${job.guarantee}',`);
    if (job.commitOffsets === false) printer.body.writeLine('commitOffsets: false,');
    printer.body.writeLine(`checkpointInterval: ${numberText(job.checkpointInterval)},`);
    if (job.concurrentCheckpoints !== undefined) {
      printer.body.writeLine(`concurrentCheckpoints: ${numberText(job.concurrentCheckpoints)},`);
    }
    if (job.autoCommitInterval !== undefined) {
      printer.body.writeLine(`autoCommitInterval: ${numberText(job.autoCommitInterval)},`);
    }
    if (job.concurrency !== undefined) printer.body.writeLine(`concurrency: ${numberText(job.concurrency)},`);
    if (job.handlerTimeout !== undefined) {
      printer.body.writeLine(`handlerTimeout: ${numberText(job.handlerTimeout)},`);
    }
    if (job.discovery !== undefined) printer.body.writeLine(`discovery: ${discoveryText(job.discovery)},`);
    if (job.createTopics !== undefined) {
      const { partitions, replicationFactor: replicas } = job.createTopics;
      const entries = [`partitions: ${partitions}`].concat(
        replicas === undefined ? [] : `replicationFactor: ${replicas}`,
      );
      printObject('createTopics', entries, printer);
    }
    if (job.restart !== undefined) printObject('restart', Object.entries(job.restart).map(restartOption), printer);
    if (job.errors !== undefined) printObject('onError', Object.entries(job.errors.policies).map(policyText), printer);
  });
  printer.body.writeLine('},');
}

function inputText(input: InputModel, narrowed: readonly Narrowed[], printer: Printer): string {
  const codec = narrowed.find((each) => each.input === input)?.codec;
  const entries = [
    `topic: ${topicText(input.topic, printer)}`,
    `as: '${input.as}'`,
    ...(codec === undefined ? [] : [`value: ${formatText(input.topic.value, printer, codec)}`]),
    `outOfOrderness: ${numberText(input.outOfOrderness)}`,
    ...(input.idleAfter === undefined ? [] : [`idleAfter: ${numberText(input.idleAfter)}`]),
    ...positionOptions(input),
    ...(input.discovery === undefined ? [] : [`discovery: ${discoveryText(input.discovery)}`]),
  ];
  return `{ ${entries.join(', ')} }`;
}

function stateText(state: StateModel, printer: Printer): string {
  const key = state.key === undefined ? '' : `key: ${codecText(state.key, printer)}, `;
  return `{ kind: '${state.kind}', ${key}value: ${codecText(state.value, printer)} }`;
}

function discoveryText(discovery: number | false): string {
  return discovery === false ? 'false' : numberText(discovery);
}

function restartOption([name, value]: [string, unknown]): string {
  return `${name}: ${typeof value === 'number' ? numberText(value) : `'${value}'`}`;
}

function topicText(topic: TopicModel, printer: Printer): string {
  return printer.use({ from: TOPICS_PATH, name: topic.id });
}

function printObject(name: string, entries: readonly string[], { body }: Printer): void {
  const line = entries.length === 0 ? `${name}: {},` : `${name}: { ${entries.join(', ')} },`;
  if (line.length <= LINE_WIDTH) {
    body.writeLine(line);
    return;
  }
  body.writeLine(`${name}: {`);
  body.indent(() => {
    for (const entry of entries) body.writeLine(`${entry},`);
  });
  body.writeLine('},');
}

function shorthand(name: string, value: string): string {
  return name === value ? name : `${name}: ${value}`;
}
