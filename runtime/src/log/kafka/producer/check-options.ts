import { LogError } from '../../port.ts';
import { COMPRESSIONS } from '../../record-batch/compression.ts';
import { type ProducerOptions, producerSettings } from './options.ts';

/** What is wrong with an option, and what to do about it. */
export interface ProducerProblem {
  readonly option: string;
  readonly reason: string;
  readonly hint: string;
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly infinite?: boolean;
  readonly of: string;
}

/** A timer of JavaScript cannot wait longer, in milliseconds; nor do Kafka's requests say longer times. */
const LONGEST = 0x7fffffff;
const TIME: Range = { least: 1, most: LONGEST, of: 'milliseconds' };

/** A batch that is sent five times over is known by the broker (KIP-98, `ProducerStateEntry`): more would be doubled. */
const MOST_IN_FLIGHT = 5;

const NUMBERS: { readonly [option: string]: Range } = {
  batchSize: { least: 1024, most: 64 * 1024 * 1024, of: 'bytes' },
  bufferSize: { least: 1024, most: Number.MAX_SAFE_INTEGER, of: 'bytes' },
  linger: { ...TIME, least: 0 },
  retries: { least: 0, most: Number.MAX_SAFE_INTEGER, infinite: true, of: 'times' },
  maxInFlight: { least: 1, most: MOST_IN_FLIGHT, of: 'requests' },
  transactionTimeout: TIME,
  patience: TIME,
  requestTimeout: TIME,
};

const CHOICES: { readonly [option: string]: readonly unknown[] } = {
  acks: ['all', 1],
  compression: COMPRESSIONS,
  protocol: [1, 2],
};

/** All that is wrong with options of a producer; a compiler of the user's may not have checked them. */
export function producerProblems(options: ProducerOptions): readonly ProducerProblem[] {
  const known = [...Object.keys(CHOICES), ...Object.keys(NUMBERS)];
  const problems = Object.entries(options).flatMap(([option, value]): readonly ProducerProblem[] => {
    if (value === undefined) return [];
    const [choices, range] = [own(CHOICES, option), own(NUMBERS, option)];
    if (choices !== undefined) return choices.includes(value) ? [] : [notOneOf(option, value, choices)];
    if (range !== undefined) return fits(value, range) ? [] : [notIn(option, value, range)];
    return [{ option, reason: 'there is no such option', hint: `The options are ${known.join(', ')}` }];
  });
  return problems.length > 0 ? problems : contradictions(options);
}

/** @throws LogError, `fatal`, that lists all problems */
export function checkProducerOptions(options: ProducerOptions): void {
  const problems = producerProblems(options);
  if (problems.length === 0) return;
  const list = problems.map(({ option, reason, hint }) => `producer.${option}: ${reason}. ${hint}`);
  throw new LogError('fatal', `the producer cannot be as its options say. ${list.join('. ')}`);
}

function contradictions(options: ProducerOptions): readonly ProducerProblem[] {
  const { batchSize, bufferSize, linger, patience, requestTimeout } = producerSettings(options);
  const waits = requestTimeout + linger;
  // A short patience alone is a wish; beside one of these, the two cannot both be meant.
  const isSaid = (options.requestTimeout ?? options.linger) !== undefined;
  return [
    ...problem('bufferSize', bufferSize < batchSize, {
      reason: `${bufferSize} bytes may wait, and a batch of batchSize has ${batchSize}: none would ever be full`,
      hint: `Raise bufferSize to several times ${batchSize}, or lower batchSize`,
    }),
    ...problem('patience', isSaid && patience < waits, {
      reason: `batches are given up after ${patience} ms, and one answer may take ${waits} ms: ${requestTimeout} of requestTimeout, ${linger} of linger`,
      hint: `Raise patience to ${waits} or more, or lower the others`,
    }),
  ];
}

function problem(option: string, isWrong: boolean, what: Omit<ProducerProblem, 'option'>): readonly ProducerProblem[] {
  return isWrong ? [{ option, ...what }] : [];
}

function fits(value: unknown, { least, most, infinite = false }: Range): boolean {
  if (value === Number.POSITIVE_INFINITY) return infinite;
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function notIn(option: string, value: unknown, { least, most, infinite, of }: Range): ProducerProblem {
  const orMore = infinite === true ? `${least} or more, or Infinity` : `from ${least} to ${most}`;
  const why =
    option === 'maxInFlight' ? ', since a broker knows no more batches of a producer again that come twice' : '';
  return {
    option,
    reason: `${String(value)} is not a whole number of ${of} ${orMore}${why}`,
    hint: `Give one ${orMore}`,
  };
}

function notOneOf(option: string, value: unknown, choices: readonly unknown[]): ProducerProblem {
  const list = choices.map((choice) => (typeof choice === 'string' ? `'${choice}'` : String(choice))).join(', ');
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  // Without an answer nobody knows when offsets may be committed.
  const why =
    option === 'acks' && value === 0 ? ': without an answer, a job would commit offsets of what may never arrive' : '';
  return { option, reason: `${shown} is not one of its values${why}`, hint: `Use ${list}` };
}

function own<T>(of: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
