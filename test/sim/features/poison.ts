import type { EmitKeyed, JobContext, KeyedTopic, RawRecord } from '@kgen/runtime';
import { murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import type { Feature, History, Input, InputCodec, Model, Wrong } from './feature.ts';
import { jsonOf } from './topics.ts';

const TOPIC = 'poisoned';
const DEAD = 'dead';
const PLACES = ['decode', 'process', 'produce'] as const;

type Place = (typeof PLACES)[number];

const poisoned: KeyedTopic<string, Input, typeof TOPIC> = topic({
  id: TOPIC,
  names: [TOPIC],
  key: utf8,
  value: jsonOf<Input>(),
  keyFrom: (value: Input) => value.key,
  partitioner: murmur2,
});

interface Context extends JobContext<string> {
  readonly emit: { readonly out: EmitKeyed<string, unknown> };
}

/** Where a record fails, however often it is tried; undefined where it does not. */
function placeOf({ id, amount }: Input): Place | undefined {
  return amount === 100 ? undefined : PLACES[id % 7];
}

/** What becomes of it then. */
function isSkipped({ id }: Input): boolean {
  return id % 5 === 0;
}

class Poison extends Error {
  readonly code = 'POISON';
}

/** Before the text of a value that is not to be read. */
const SPOILT = '!';

const values: InputCodec = {
  encode: (input) => Buffer.from(`${placeOf(input) === 'decode' ? SPOILT : ''}${JSON.stringify(input)}`),
  decode: (value) => JSON.parse(Buffer.from(value).toString().replace(SPOILT, '')) as Input,
};

/** An input with records that fail at each of the three places, when all else that their call does is done: dead letters, and such as are skipped. */
export const poison: Feature = {
  name: 'poison',
  declares: {
    inputs: { poisoned: { topic: poisoned, as: 'stream', outOfOrderness: 0, idleAfter: 25 } },
    onError: { decode: { deadLetter: DEAD }, produce: { deadLetter: DEAD } },
  },
  topics: { [TOPIC]: 4, [DEAD]: 3 },
  values: { [TOPIC]: values },
  passesOver: (input, from) => from === TOPIC && placeOf(input) !== undefined,
  work(input, ctx: Context) {
    if (ctx.record.topic !== TOPIC) return undefined;
    const place = placeOf(input);
    if (place === 'produce') ctx.emit.out('\ud800', input);
    if (place === 'process') throw new Poison(`of ${input.id}`);
    return undefined;
  },
  onError: {
    decode(_error, { topic, valueBytes }) {
      // Records of other topics only wait for their schemas.
      if (topic !== TOPIC) return 'fail';
      return valueBytes !== null && isSkipped(values.decode(valueBytes)) ? 'skip' : undefined;
    },
    // What fails by chance is tried again.
    process(error, failed) {
      if (!(error instanceof Poison) || failed.input === undefined) return undefined;
      return isSkipped(failed.value as Input) ? 'skip' : { deadLetter: DEAD };
    },
    produce: (_error, failed) => (failed.input !== undefined && isSkipped(failed.value as Input) ? 'skip' : undefined),
  },
  model: ({ log, guarantee }): Model => ({ end: () => checkLetters(log, guarantee) }),
};

/** Each record that failed and is not skipped is a dead letter, as it was: once, or as often as the guarantee allows. */
function checkLetters(log: History['log'], guarantee: History['guarantee']): Wrong | undefined {
  const due = new Map<string, RawRecord>();
  for (const record of log.records(TOPIC)) {
    const input = values.decode(record.value ?? new Uint8Array());
    if (placeOf(input) !== undefined && !isSkipped(input)) due.set(`${record.partition}@${record.offset}`, record);
  }
  const found = new Set<string>();
  for (const letter of log.records(DEAD)) {
    const header = (name: string): string => text(letter.headers.findLast(([each]) => each === `kgen.${name}`)?.[1]);
    const place = `${header('partition')}@${header('offset')}`;
    const original = due.get(place);
    if (original === undefined) return { name: 'invented', what: `a dead letter of ${place}, which is none` };
    if (found.has(place) && guarantee === 'exactly-once')
      return { name: 'doubled', what: `two dead letters of ${place}` };
    found.add(place);
    const input = values.decode(original.value ?? new Uint8Array());
    if (header('place') !== placeOf(input) || letter.partition !== original.partition % 3)
      return { name: 'wrong-end', what: `the dead letter of ${place} says ${header('place')}, in ${letter.partition}` };
    if (text(letter.key) !== text(original.key) || text(letter.value) !== text(original.value))
      return { name: 'wrong-end', what: `the dead letter of ${place} is another record: ${text(letter.value)}` };
  }
  if (guarantee === 'none') return undefined;
  const lost = [...due.keys()].filter((place) => !found.has(place));
  return lost.length === 0 ? undefined : { name: 'lost', what: `no dead letter of ${lost.join()}` };
}

function text(bytes: Uint8Array | null | undefined): string {
  return bytes ? Buffer.from(bytes).toString() : 'nothing';
}
