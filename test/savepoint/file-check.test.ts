import { readFileSync, writeFileSync } from 'node:fs';
import { isJobError, type Log, run } from '@kgen/runtime';
import { importSavepoint, savepoint } from '@kgen/runtime/savepoints';
import { expect, test } from 'vitest';
import { cartJob } from './cart-job.ts';
import { cartLog, files, quiet } from './harness.ts';
import { makeSavepoint } from './hostile-file.ts';

const { next: newFile } = files();

/** A log of which nobody may ask anything. */
function silent(): { readonly log: Log; readonly asked: string[] } {
  const asked: string[] = [];
  const log = new Proxy({} as Log, {
    get(_, name) {
      // What it says of itself takes no request.
      if (name === 'limits' || name === 'sizes') return undefined;
      return () => {
        asked.push(String(name));
        throw new Error(`${String(name)} was asked`);
      };
    },
  });
  return { log, asked };
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isJobError(error, 'JOB_SAVEPOINT')) throw new Error(`not refused: ${error}`);
  return error.message;
}

/** Of many keys, so that it has several blocks. */
function savedFile(): Promise<string> {
  const items = Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, 0] as const);
  return makeSavepoint(newFile(), cartLog(1, 1), { items });
}

test('a savepoint that cannot be used is found before the log is asked for anything', async () => {
  const good = readFileSync(await savedFile());
  const sync = good.subarray(-16);
  const blocks: number[] = [];
  for (let at = good.indexOf(sync); at >= 0; at = good.indexOf(sync, at + 16)) blocks.push(at);
  const [head = 0, first = 0] = blocks;
  expect(blocks.length).toBeGreaterThan(2);
  const zeroed = Buffer.from(good);
  zeroed.fill(0, first, first + 16);
  const cases: readonly (readonly [what: string, bytes: Buffer | undefined, said: RegExp])[] = [
    ['not there', undefined, /cannot be opened: ENOENT/],
    ['empty', Buffer.alloc(0), /no Avro Object Container File/],
    ['cut off inside a block', good.subarray(0, good.length - 100), /ends inside a block/],
    ['cut off between two blocks', good.subarray(0, first + 16), /cut off/],
    ['cut off behind its header', good.subarray(0, head + 16), /cut off/],
    ['overwritten in the middle', zeroed, /sync marker/],
  ];
  for (const [what, bytes, said] of cases) {
    const file = newFile();
    if (bytes !== undefined) writeFileSync(file, bytes);
    const { log, asked } = silent();
    const from = savepoint(file);
    expect(await refusal(run(cartJob(), { log, ...quiet, from })), what).toMatch(said);
    expect(await refusal(importSavepoint(cartJob(), { log, ...quiet, from })), what).toMatch(said);
    expect(asked, what).toEqual([]);
  }
});

test('one that is whole passes, and a job that it does not fit hears so without the log', async () => {
  const file = await savedFile();
  await savepoint(file)['~check'](cartJob().declaration);
  const { log, asked } = silent();
  const other = cartJob('cart', {
    state: { seen: { kind: 'value', value: cartJob().declaration.state['total']?.value } },
  });
  expect(await refusal(run(other, { log, ...quiet, from: savepoint(file) }))).toContain('state seen is a map there');
  expect(asked).toEqual([]);
});
