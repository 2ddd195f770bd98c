import type { JobContext, KeyedTopic, Table } from '@kgen/runtime';
import { murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { produce } from '../upstream.ts';
import type { Feature, Feeder, Input, Model } from './feature.ts';
import { jsonOf } from './topics.ts';

/** A row of a table; `version` grows from row to row of one key. */
interface Row {
  readonly key: string;
  readonly version: number;
}

type Rows = KeyedTopic<string, Row, 'prices' | 'rates', null>;

interface Context extends JobContext<string> {
  readonly tables: { readonly prices: Table<string, Row>; readonly rates: Table<string, Row> };
}

/** A co-partitioned table: the row of the call's own key. */
export const table: Feature = tableFeature('prices', 'table', 4, ({ key }) => key);

/** A global table, of keys of its own: any row, in every task. */
export const globalTable: Feature = tableFeature('rates', 'global-table', 2, ({ id }) => `r${id % 3}`);

interface Filling {
  readonly name: 'prices' | 'rates';
  readonly partitions: number;
  readonly keys: readonly string[];
}

function tableFeature(
  name: 'prices' | 'rates',
  as: 'table' | 'global-table',
  partitions: number,
  rowOf: (input: Input) => string,
): Feature {
  const rows: Rows = topic({
    id: name,
    names: [name],
    tombstones: true,
    key: utf8,
    value: jsonOf<Row>(),
    keyFrom: (row: Row) => row.key,
    partitioner: murmur2,
  });
  return {
    name: as,
    declares: { inputs: { [name]: { topic: rows, as, outOfOrderness: 0, key: utf8 } } },
    topics: { [name]: partitions },
    work: (input, ctx: Context) => ctx.tables[name].get(rowOf(input))?.version ?? null,
    feed: (feeder) => feed(feeder, rows, { name, partitions, keys: as === 'table' ? feeder.keys : ['r0', 'r1', 'r2'] }),
    model({ log }) {
      const versions = new Map<string, (number | null)[]>();
      for (const record of log.records(name)) {
        const { key, value } = rows.deserialize(record);
        versions.set(String(key), [...(versions.get(String(key)) ?? []), value?.version ?? null]);
      }
      return neverThePast(versions, rowOf);
    },
  };
}

/**
 * I22: what a call sees of a row is what the row was at some time, never before what an earlier call of its key saw,
 * and never before the table was filled.
 */
function neverThePast(
  versions: ReadonlyMap<string, readonly (number | null)[]>,
  rowOf: (input: Input) => string,
): Model {
  const seen = new Map<string, number>();
  return {
    call(input, shown) {
      const row = rowOf(input);
      const history = versions.get(row) ?? [];
      const key = `${input.key} ${row}`;
      const from = seen.get(key) ?? 0;
      const at = history.indexOf(shown as number | null, from);
      if (at < 0)
        return `row ${row} at version ${shown}; from ${history[from]} on it was ${history.slice(from).join()}`;
      seen.set(key, at);
      return undefined;
    },
  };
}

/** All rows before the job starts; then new versions, deletions and aborted ones while it runs. */
async function feed(feeder: Feeder, rows: Rows, { name, keys, partitions }: Filling): Promise<void> {
  const { log, time, chance, trouble } = feeder;
  let version = 0;
  const row = (key: string): Row => ({ key, version: ++version });
  // Keys of inputs lie where those of inputs do; others by their last digit.
  const place = (key: string): { readonly partition: number } => ({ partition: key.charCodeAt(1) % partitions });
  log.produce(keys.map((key) => ({ ...rows.serializeValue(row(key), { topic: name }), ...place(key) })));
  for (let round = 0; round < 10; round++) {
    await time.wait(chance.between(0, trouble / 6));
    const records = Array.from({ length: 1 + chance.below(4) }, () => {
      const key = keys[chance.below(keys.length)] ?? '';
      const record = chance.hits(0.2)
        ? rows.serialize(key, null, { topic: name })
        : rows.serializeValue(row(key), { topic: name });
      return { ...record, ...place(key) };
    });
    await produce(feeder, `${name}-upstream`, records);
  }
}
