import { isJobError, isLogError, type Log, type StartFromSavepoint } from '@kgen/runtime';
import { writeSavepoint } from '@kgen/runtime/savepoints';
import { openSavepoint } from '../../runtime/src/savepoint/read-savepoint.ts';
import { savepointInSlices } from '../../runtime/src/savepoint/start-from.ts';
import type { Violation } from './check.ts';
import { FileUser } from './file-user.ts';
import { simJob } from './job.ts';
import { never } from './network.ts';
import { Process, type ProcessWorld } from './process.ts';
import { ProcessLog, type TopicRole } from './process-log.ts';
import type { Profile } from './profile.ts';

export interface SavepointPlan {
  readonly profile: Profile;
  readonly roles: ReadonlyMap<string, TopicRole>;
  /** Gives names of files that are not there yet. */
  readonly nextFile: () => string;
  /** True where the job is being stopped. */
  readonly stopped: boolean;
  /** What may happen to the group while it is written. */
  readonly disturb: () => void;
}

/** A savepoint that was taken. */
export interface Taken {
  readonly file: string;
  /** Up to which offset a partition was read, by `topic-partition`. */
  readonly offsets: ReadonlyMap<string, number>;
}

/** Writes a savepoint, whatever happens to who does: the next one begins anew. */
export async function takeSavepoint(world: ProcessWorld, log: Log, plan: SavepointPlan): Promise<Taken | Violation> {
  const { time, chance, faults, group } = world;
  const job = simJob({ profile: plan.profile, attempt: () => 0, after: () => undefined, wait: undefined });
  for (let attempt = 1; ; attempt++) {
    const process = new Process(`saver#${attempt}`, world);
    const file = plan.nextFile();
    const processLog = new ProcessLog(process, world, log, plan.roles).port();
    let isOver = false;
    time.after(chance.between(0, 25), () => {
      if (!isOver && faults.strikes('crash while a savepoint is written', 0.4)) process.kill();
    });
    time.after(chance.between(0, 15), () => {
      if (!isOver) plan.disturb();
    });
    process.say('writes a savepoint');
    try {
      const { stopped } = plan;
      const { tasks } = await new FileUser(process, world).run(processLog, (log, clock) =>
        writeSavepoint(job, { log, file, clock, logger: false, group, stopped }),
      );
      process.say(`has written checkpoints ${tasks.map(({ task, checkpoint }) => `${checkpoint} of ${task}`).join()}`);
      return { file, offsets: await time.aside(() => offsetsIn(file, job)) };
    } catch (error) {
      process.say(`ended: ${error instanceof Error ? error.message : String(error)}`);
      const isNoneYet = isJobError(error, 'JOB_SAVEPOINT') && error.message.includes('has no checkpoint');
      const isStarted = isJobError(error, 'JOB_SAVEPOINT') && error.message.includes('has started the job meanwhile');
      const isOfLog = isLogError(error) || (isJobError(error) && isLogError(error.cause));
      const isUnknown = isJobError(error, 'JOB_UNKNOWN_TOPIC') && faults.counts.of('unknown topic') > 0;
      if (!process.isDead && !isOfLog && !isUnknown && !isStarted && !isNoneYet)
        return { name: 'failed', what: String(error) };
    } finally {
      isOver = true;
    }
    await time.wait(chance.between(1, 60));
  }
}

async function offsetsIn(file: string, { declaration }: ReturnType<typeof simJob>): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  const savepoint = await openSavepoint(file, declaration);
  await savepoint.walk({
    task({ inputs }) {
      for (const { topic, partition, offset } of inputs) offsets.set(`${topic}-${partition}`, offset);
    },
    entry: () => undefined,
  });
  await savepoint.close();
  return offsets;
}

/** Small enough that a savepoint of the simulation takes several. */
const SLICES = { bytes: 600, lookEvery: 3 };

/** How a process begins with a savepoint. It may be killed while it imports it. */
export function startingFrom(file: string, process: Process, world: ProcessWorld): StartFromSavepoint {
  const { time, chance, faults } = world;
  const from = savepointInSlices(file, SLICES);
  return {
    file,
    // Files take no time.
    '~check': (declaration) => time.aside(() => from['~check'](declaration)),
    async '~begin'(start) {
      let isOver = false;
      time.after(chance.between(0, 60), () => {
        if (!isOver && faults.strikes('crash while a savepoint is imported', 0.5)) process.kill();
      });
      try {
        await new FileUser(process, world).run(start.log, (log, clock) => from['~begin']({ ...start, log, clock }));
        process.say('has imported the savepoint, or found it imported');
      } catch (error) {
        if (process.isDead) return await never();
        throw error;
      } finally {
        isOver = true;
      }
    },
  };
}
