import { LogError } from '@kgen/runtime';
import type { ChangeBatch } from '../../../runtime/src/state/local/change-batch.ts';
import type { LocalEntry, LocalStore, LocalStores } from '../../../runtime/src/state/local/local-store.ts';

/** A disk: what was written stays, whatever becomes of the process that wrote it. */
export interface FakeDisk {
  /** Of each group and task, by key in hexadecimal. */
  readonly files: Map<string, Map<string, Buffer>>;
  /** Called before each write; may throw: the process dies there, and nothing of that write is on the disk. */
  onWrite: (() => void) | undefined;
  /** The stores as one process sees them. */
  open(group: string): Promise<LocalStores>;
}

export function fakeDisk(): FakeDisk {
  const owners = new Map<string, object>();
  const disk: FakeDisk = {
    files: new Map(),
    onWrite: undefined,
    open: async (group) => ({ open: (task) => openStore(`${group}/${task}`), close: async () => undefined }),
  };
  const openStore = (path: string): LocalStore => {
    const owner = {};
    owners.set(path, owner);
    const file = disk.files.get(path) ?? new Map<string, Buffer>();
    disk.files.set(path, file);
    const check = (): void => {
      disk.onWrite?.();
      if (owners.get(path) !== owner) throw new LogError('fenced', `${path} was opened by another run`);
    };
    return {
      get: (bytes, start, end) => file.get(bytes.toString('hex', start, end)),
      *entries(prefix): IterableIterator<LocalEntry> {
        const begin = prefix.toString('hex');
        for (const key of [...file.keys()].filter((each) => each.startsWith(begin)).sort()) {
          yield { key: Buffer.from(key, 'hex'), value: file.get(key) ?? Buffer.alloc(0) };
        }
      },
      write(changes: ChangeBatch, from, to) {
        check();
        for (let i = from; i < to; i++) {
          const key = changes.bytes.toString('hex', changes.keyStart(i), changes.keyEnd(i));
          const end = changes.valueEnd(i);
          if (end < 0) file.delete(key);
          else file.set(key, Buffer.from(changes.bytes.subarray(changes.keyEnd(i), end)));
        }
      },
      clear() {
        check();
        file.clear();
      },
      close: async () => undefined,
    };
  };
  return disk;
}
