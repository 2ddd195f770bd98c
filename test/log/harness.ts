import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupMember, Log } from '@kgen/runtime';
import type { Layout, Seat } from '../../runtime/src/log/port.ts';

type Producer = Awaited<ReturnType<Log['producer']>>;

/** A record that a reader got, as `offset key=value`. */
export interface Seen {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, string | null])[];
}

export function append(
  producer: Pick<Producer, 'append'>,
  topic: string,
  partition: number,
  key: string | null,
  value: string | null,
): void {
  const pressure = producer.append({ topic, partition, ...record(key, value) });
  if (pressure !== undefined) throw new Error('back-pressure in a test of a few records');
}

/** A record for anywhere. */
export function record(
  key: string | null,
  value: string | null,
): Omit<Parameters<Producer['append']>[0], 'topic' | 'partition'> {
  const bytes = Buffer.from(`#${key ?? ''}${value ?? ''}`);
  const keyEnd = 1 + Buffer.byteLength(key ?? '');
  return {
    timestamp: 1234,
    bytes,
    keyStart: key === null ? -1 : 1,
    keyEnd: key === null ? -1 : keyEnd,
    valueStart: value === null ? -1 : keyEnd,
    valueEnd: value === null ? -1 : bytes.length,
    headers: [
      ['h', Buffer.from('x')],
      ['none', null],
    ],
  };
}

/** What a reader sees that starts at `from` and reads up to the last stable offset. Also where it stands then. */
export async function readAll(
  log: Log,
  topic: string,
  partition: number,
  from = 0,
): Promise<{ seen: Seen[]; position: number }> {
  const source = log.source();
  const seen: Seen[] = [];
  let position = from;
  const [bounds] = await log.bounds([{ topic, partition }]);
  source.assign([{ topic, partition, offset: from }]);
  while (position < (bounds?.stableEnd ?? 0)) {
    for (const fetched of await source.poll(1000)) {
      const cursor = fetched.records;
      while (cursor.next()) {
        const part = (start: number, end: number): string | null =>
          start < 0 ? null : cursor.bytes.toString('utf8', start, end);
        seen.push({
          offset: cursor.offset,
          key: part(cursor.keyStart, cursor.keyEnd),
          value: part(cursor.valueStart, cursor.valueEnd),
          timestamp: cursor.timestamp,
          headers: cursor
            .headers()
            .map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()]),
        });
      }
      position = fetched.nextOffset;
    }
  }
  source.close();
  return { seen, position };
}

/** Partition and value of the next record that a source has. */
export async function nextRecord(source: ReturnType<Log['source']>): Promise<readonly [number, string]> {
  for (let polls = 0; polls < 20; polls++) {
    for (const { partition, records } of await source.poll(1000)) {
      if (records.next()) return [partition, records.bytes.toString('utf8', records.valueStart, records.valueEnd)];
    }
  }
  throw new Error('no record came');
}

/** The values of a partition, as a reader sees them. */
export async function values(log: Log, topic: string, partition = 0, from = 0): Promise<(string | null)[]> {
  return (await readAll(log, topic, partition, from)).seen.map(({ value }) => value);
}

/** A member of a group, with what it was told. */
export interface TestMember {
  readonly member: () => GroupMember;
  readonly end: (how: { leave: boolean }) => Promise<void>;
  readonly know: (layout: Layout) => void;
  readonly tasks: Set<number>;
  readonly told: string[];
  /** What its group reads. */
  readonly follows: () => Layout;
}

export async function joinGroup(
  log: Log,
  options: { group: string; instance: string; tasks: number; static?: boolean; seat?: Seat; signal?: AbortSignal },
  onRevoked: () => Promise<void> = async () => undefined,
): Promise<TestMember> {
  const tasks = new Set<number>();
  const told: string[] = [];
  let follows: Layout = [];
  const membership = await log.join(
    { static: false, ...options, layout: [{ topic: 'in', partitions: options.tasks, global: false }] },
    {
      async revoked(gone) {
        told.push(`revoked ${gone.join(' ')}`.trim());
        if (gone.length > 0) await onRevoked();
        for (const task of gone) tasks.delete(task);
      },
      assigned(added, layout) {
        follows = layout;
        told.push(`assigned ${added.join(' ')}`.trim());
        for (const task of added) tasks.add(task);
      },
      lost(why) {
        told.push(`lost: ${why}`);
        tasks.clear();
      },
    },
  );
  return {
    member: () => membership.member(),
    end: (how) => membership.end(how),
    know: (layout) => membership.know(layout),
    follows: () => follows,
    tasks,
    told,
  };
}

/** Waits until something holds. */
export async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (what()) return;
    await (i < 1000 ? turn() : sleep(10));
  }
  throw new Error(`never came true: ${what}`);
}

/** Lets everything else have its turn, so many times: time enough for what must not happen. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
