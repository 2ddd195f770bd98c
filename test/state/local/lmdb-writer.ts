// Writes to a store in LMDB until it is killed: change i is key i % keys with value i, in writes of some size; says how far it is.
import { ChangeBatch } from '../../../runtime/src/state/local/change-batch.ts';
import { lmdbStores } from '../../../runtime/src/state/local/lmdb-store.ts';

const [folder = '', keys = '1', size = '1'] = process.argv.slice(2);
const store = (await lmdbStores(folder, 'group')).open(0);
const batch = new ChangeBatch();
const value = Buffer.alloc(100);
for (let i = 0; ; i++) {
  batch.clear();
  for (let k = 0; k < Number(size); k++) {
    const key = Buffer.alloc(4);
    key.writeUInt32BE((i * Number(size) + k) % Number(keys));
    value.writeUInt32BE(i);
    batch.put(key, 0, 4, value, 0, value.length);
  }
  store.write(batch, 0, batch.count);
  if (process.stdout.writableLength < 1_000_000) process.stdout.write(`${i}\n`);
  if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
}
