import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@kgen/runtime';
import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import type { Sabotage } from '../../runtime/src/task/sabotage.ts';
import type { Violation } from './check.ts';
import { Fleet } from './fleet.ts';
import { SECOND_CHANGELOG, SECOND_GROUP, SECOND_OUT, TASKS } from './job.ts';
import type { ProcessWorld } from './process.ts';
import type { TopicRole } from './process-log.ts';
import type { Profile } from './profile.ts';
import { Reached } from './reached.ts';
import { type Taken, takeSavepoint } from './savepoints.ts';

/** A job of the simulation: its instances, and where its offsets and state are. */
export interface WorkingJob {
  readonly fleet: Fleet;
  readonly group: string;
  readonly changelog: string;
  readonly reached: Reached;
}

export interface SecondJobOptions {
  readonly profile: Profile;
  readonly sabotage: Sabotage;
  readonly roles: ReadonlyMap<string, TopicRole>;
  readonly trouble: number;
  readonly log: Log;
  /** As who writes the savepoint sees it. */
  readonly saverLog: Log;
  readonly memory: HookedMemoryLog;
  readonly compact: () => void;
  readonly instances: number;
}

/** The same job once more, in another group and with outputs of its own: it starts from a savepoint of the first. */
export class SecondJob {
  /** When it has started. */
  job: WorkingJob | undefined;
  taken: Taken | undefined;
  violation: Violation | undefined;
  readonly #world: ProcessWorld;
  readonly #first: WorkingJob;
  readonly #options: SecondJobOptions;
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'kgen-sim-'));
  #files = 0;

  constructor(world: ProcessWorld, first: WorkingJob, options: SecondJobOptions) {
    this.#world = world;
    this.#first = first;
    this.#options = options;
  }

  /** Takes the savepoint at some time, of a job that is running or was stopped for it, and starts from it. */
  async begin(): Promise<void> {
    const { time, chance } = this.#world;
    const { profile, sabotage, roles, trouble, log, saverLog, memory, instances } = this.#options;
    const { fleet } = this.#first;
    const stopped = profile.savepoint === 'stopped';
    await time.wait(chance.between(0.05, 0.35) * trouble);
    // Of a job that has not begun there is nothing to save.
    while (stopped && !this.#hasBegun()) await time.wait(20);
    const ended = stopped ? fleet.stop() : undefined;
    const nextFile = (): string => join(this.#folder, `${++this.#files}.avro`);
    const plan = { profile, roles, stopped, nextFile, disturb: () => this.#disturb() };
    const taken = await takeSavepoint(this.#world, saverLog, plan);
    if ('name' in taken) {
      this.violation = taken;
      return;
    }
    await ended;
    this.taken = taken;
    const world: ProcessWorld = { ...this.#world, group: SECOND_GROUP, members: new Map() };
    const reached = new Reached(memory, SECOND_GROUP, profile.commitOffsets ? undefined : SECOND_CHANGELOG);
    const own = { from: taken.file, topics: { out: SECOND_OUT }, startFrom: undefined };
    const second = new Fleet(world, log, { profile, sabotage, roles, trouble, ...own });
    this.job = { fleet: second, group: SECOND_GROUP, changelog: SECOND_CHANGELOG, reached };
    for (let slot = 0; slot < instances; slot++) second.launch(slot);
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #hasBegun(): boolean {
    const places = Array.from({ length: TASKS }, (_, partition) => ({ topic: 'in-a', partition }));
    return this.#options.memory.materialisedOffsets(this.#first.group, places).length > 0;
  }

  /** While the savepoint is written. */
  #disturb(): void {
    const { faults } = this.#world;
    if (faults.strikes('compaction while a savepoint is written', 0.5)) this.#options.compact();
    if (this.#options.profile.savepoint === 'stopped') return;
    if (faults.strikes('stop and start while a savepoint is written', 0.5)) this.#first.fleet.stopOne();
  }
}
