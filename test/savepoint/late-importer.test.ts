import { type Log, run, start } from '@kgen/runtime';
import { savepoint, writeSavepoint } from '@kgen/runtime/savepoints';
import { expect, test } from 'vitest';
import { until } from '../task/until.ts';
import { virtualClock } from '../task/virtual-clock.ts';
import { withProducer } from '../task/wrapped-log.ts';
import { cartJob } from './cart-job.ts';
import { cartLog, emitted, files, more, quiet } from './harness.ts';

const { next: newFile } = files();
const copy = { group: 'other', topics: { totals: 'copies' } } as const;

/** The log of who stands still when its first transaction is committed, and is expelled without hearing of it. */
function standingStill(log: Log): { readonly log: Log; readonly still: Promise<void>; goOn(): void } {
  const still = Promise.withResolvers<void>();
  const wakes = Promise.withResolvers<void>();
  let expel = async (): Promise<unknown> => undefined;
  let commits = 0;
  const slow = withProducer(log, (producer) => ({
    async commit() {
      await producer.commit();
      if (++commits > 1) return;
      await expel();
      still.resolve();
      await wakes.promise;
    },
  }));
  const joining: Log = {
    ...slow,
    async join(options, listener) {
      const deaf: typeof listener = {
        revoked: (tasks) => listener.revoked(tasks),
        assigned: (tasks, layout) => listener.assigned(tasks, layout),
        lost: () => undefined,
      };
      const membership = await log.join(options, commits === 0 ? deaf : listener);
      expel = () => membership.end({ leave: true });
      return membership;
    },
  };
  return { log: joining, still: still.promise, goOn: wakes.resolve };
}

test('an importer that stood still while another imported, and began, deletes nothing of it (I4)', async () => {
  const clock = virtualClock();
  const log = cartLog(200, 2, clock);
  await run(cartJob(), { log, clock, ...quiet });
  const file = newFile();
  await writeSavepoint(cartJob(), { log, clock, file, stopped: true, logger: false });
  more(log, 60, 2);

  const late = standingStill(log);
  const stopped = start(cartJob(), { log: late.log, clock, ...copy, from: savepoint(file), logger: false });
  await late.still;
  await run(cartJob(), { log, clock, ...quiet, ...copy, from: savepoint(file) });
  const changelog = (await log.topics(['other-changelog'])).get('other-changelog');
  late.goOn();
  await until(() => stopped.metrics().restarts > 0);
  await stopped.stop();

  expect((await log.topics(['other-changelog'])).get('other-changelog')).toEqual(changelog);
  more(log, 40, 3);
  await run(cartJob(), { log, clock, ...quiet });
  await run(cartJob(), { log, clock, ...quiet, ...copy, from: savepoint(file) });
  expect(emitted(log, 'copies').sort()).toEqual(emitted(log, 'totals').slice(200).sort());
});
