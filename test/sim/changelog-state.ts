import type { MemoryLog } from '@kgen/runtime/memory';
import avsc from 'avsc';

// Restores state from a changelog by the description of its format alone: nothing of the runtime is used, which may be wrong.

type Kind = 'value' | 'list' | 'map' | 'timer';

const KINDS: readonly Kind[] = ['value', 'list', 'map', 'timer'];

interface Types {
  /** Of the values. */
  readonly value: avsc.Type;
  /** Of the keys of a map. */
  readonly member?: avsc.Type;
}

/** One value: of a key, and there of an index of a list, or of a key of a map. */
interface Cell {
  readonly partition: number;
  readonly state: string;
  readonly kind: Kind;
  readonly key: string;
  readonly member: Buffer;
  /** Avro, with no header. */
  readonly value: Buffer;
}

export interface CheckpointPosition {
  readonly topic: string;
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  /** True of a topic that was missing: its offset is that of a checkpoint before. */
  readonly asleep?: true;
}

/** What each partition's last checkpoint record says. */
export interface LastCheckpoint {
  readonly checkpoint: number;
  readonly producerId: number;
  readonly epoch: number;
  readonly inputs: readonly CheckpointPosition[];
}

export class ChangelogState {
  readonly checkpoints: ReadonlyMap<number, LastCheckpoint>;
  readonly #cells: ReadonlyMap<string, Cell>;

  private constructor(cells: ReadonlyMap<string, Cell>, checkpoints: ReadonlyMap<number, LastCheckpoint>) {
    this.#cells = cells;
    this.checkpoints = checkpoints;
  }

  static read(log: MemoryLog, topic: string): ChangelogState {
    const cells = new Map<string, Cell>();
    const checkpoints = new Map<number, LastCheckpoint>();
    for (const { partition, key, value } of log.records(topic)) {
      const bytes = Buffer.from(key ?? []);
      if (bytes[0] === 0) checkpoints.set(partition, JSON.parse(Buffer.from(value ?? []).toString()));
      if (bytes[0] !== 2) continue;
      const identity = `${partition} ${bytes.toString('hex')}`;
      if (value === null) cells.delete(identity);
      else cells.set(identity, { partition, ...cellOf(bytes), value: Buffer.from(value).subarray(10) });
    }
    return new ChangelogState(cells, checkpoints);
  }

  /** How many timers are set. */
  get timers(): number {
    let count = 0;
    for (const { kind } of this.#cells.values()) if (kind === 'timer') count++;
    return count;
  }

  /** The whole numbers that are the values of this name, by key. */
  numbers(state: string): Map<string, number> {
    const type = avsc.Type.forSchema('int');
    const own = [...this.#cells.values()].filter((cell) => cell.state === state && cell.kind === 'value');
    return new Map(own.map(({ key, value }) => [key, type.fromBuffer(value) as number]));
  }

  /** Lists of text of this name, by key. */
  lists(state: string): Map<string, string[]> {
    const type = avsc.Type.forSchema('string');
    const found = new Map<string, string[]>();
    for (const cell of this.#cells.values()) {
      if (cell.state !== state || cell.kind !== 'list') continue;
      const list = found.get(cell.key) ?? [];
      list[cell.member.readUInt32BE(0)] = type.fromBuffer(cell.value);
      found.set(cell.key, list);
    }
    return found;
  }

  /** Says where the state of this name is not as expected: by key for values, else by key and then by index, or map key. */
  differs(state: string, kind: Kind, types: Types, expected: ReadonlyMap<string, unknown>): string | undefined {
    const wanted = new Map<string, string>();
    for (const [key, value] of expected) {
      if (value instanceof Map)
        for (const [member, each] of value) wanted.set(`${key}/${member}`, JSON.stringify(each));
      else wanted.set(key, JSON.stringify(value));
    }
    const found = new Map<string, string>();
    for (const cell of this.#cells.values()) {
      if (cell.state !== state) continue;
      if (cell.kind !== kind) return `${state} is a ${cell.kind}, not a ${kind}`;
      const name = kind === 'value' ? cell.key : `${cell.key}/${memberOf(cell, types)}`;
      if (found.has(name)) return `${state} of ${name} is in two partitions of the changelog`;
      found.set(name, JSON.stringify(types.value.fromBuffer(cell.value)));
    }
    for (const [name, should] of wanted) {
      if (found.get(name) !== should)
        return `the changelog has ${found.get(name)} as ${state} of ${name}, not ${should}`;
    }
    for (const [name, is] of found)
      if (!wanted.has(name)) return `the changelog has ${is} as ${state} of ${name}, not nothing`;
    return undefined;
  }
}

/** A key of kind 2: kind of state, name and key behind their lengths, then index or map key. */
function cellOf(bytes: Buffer): Omit<Cell, 'partition' | 'value'> {
  const nameEnd = 6 + bytes.readUInt32BE(2);
  const keyStart = nameEnd + 4;
  const keyEnd = keyStart + bytes.readUInt32BE(nameEnd);
  return {
    kind: KINDS[bytes[1] ?? -1] ?? 'value',
    state: bytes.toString('utf8', 6, nameEnd),
    key: bytes.toString('utf8', keyStart, keyEnd),
    member: bytes.subarray(keyEnd),
  };
}

function memberOf({ kind, member }: Cell, types: Types): string {
  return kind === 'list'
    ? String(member.readUInt32BE(0))
    : String((types.member ?? avsc.Type.forSchema('bytes')).fromBuffer(member));
}
