import { confluent, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { interpretedCodec } from '../../support/interpreted-codec.ts';
import type { Feature, Input } from './feature.ts';

/** Ids of the job's own schema, and of one that it has to fetch. */
const KNOWN = 1;
const AHEAD = 2;

const fields = ['id', 'amount'].map((name) => ({ name, type: 'int' }));
const own = { type: 'record', name: 'sim.Input', fields: [{ name: 'key', type: 'string' }, ...fields] };
const ahead = { ...own, fields: [{ name: 'note', type: 'string', default: '' }, ...own.fields] };
const Own = interpretedCodec<Input>(own);
const Ahead = interpretedCodec<Input & { note: string }>(ahead);

/** What the Schema Registry of the simulation has, by id. */
export const REGISTERED: { readonly [id: number]: string } = { [AHEAD]: Ahead.schema };

const job = confluent(() => Own, { id: KNOWN });
const everyone = topic({
  id: 'ahead',
  names: ['ahead'],
  key: utf8,
  value: confluent(() => Own, { id: KNOWN, writers: { [AHEAD]: Ahead.schema } }),
  keyFrom: (value: Input) => value.key,
  partitioner: murmur2,
});
const newer = topic({
  id: 'ahead',
  names: ['ahead'],
  key: utf8,
  value: confluent(() => Ahead, { id: AHEAD }),
  partitioner: murmur2,
});

/** An input some of whose records were written with a schema that the job has to fetch first. */
export const unknownIds: Feature = {
  name: 'unknown-ids',
  declares: {
    inputs: { ahead: { topic: { ...everyone, value: job }, as: 'stream', outOfOrderness: 0, idleAfter: 25 } },
  },
  topics: { ahead: 4 },
  values: {
    ahead: {
      encode(input, chance) {
        const { value } = chance.hits(0.3)
          ? newer.serialize(input.key, { ...input, note: 'x' })
          : everyone.serializeValue(input);
        return value ?? new Uint8Array();
      },
      decode(value) {
        const raw = { topic: 'ahead', partition: 0, offset: 0n, timestamp: 0n, key: null, value, headers: [] };
        return everyone.deserialize(raw).value as Input;
      },
    },
  },
};
