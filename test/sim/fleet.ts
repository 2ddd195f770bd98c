import { isJobError, type Log, type RunOptions } from '@kgen/runtime';
import { startWith } from '../../runtime/src/job/run.ts';
import type { Sabotage } from '../../runtime/src/task/sabotage.ts';
import type { Violation } from './check.ts';
import { simJob } from './job.ts';
import type { Network } from './network.ts';
import { Process, type ProcessWorld } from './process.ts';
import { ProcessLog, type TopicRole } from './process-log.ts';
import { processRegistry } from './process-registry.ts';
import type { Profile } from './profile.ts';
import { startingFrom } from './savepoints.ts';

interface Running {
  readonly process: Process;
  readonly network: Network;
  stop(): Promise<unknown>;
}

export interface FleetOptions {
  readonly profile: Profile;
  readonly sabotage: Sabotage;
  readonly startFrom: RunOptions['startFrom'];
  readonly roles: ReadonlyMap<string, TopicRole>;
  /** The file of a savepoint that it starts from. */
  readonly from?: string | undefined;
  /** What topics are called, where it is not as declared. */
  readonly topics?: RunOptions['topics'];
  /** How long things go wrong, in milliseconds. */
  readonly trouble: number;
}

/** Some instances, each started again when it ends, as a supervisor does. */
export class Fleet {
  violation: Violation | undefined;
  readonly #world: ProcessWorld;
  readonly #log: Log;
  readonly #options: FleetOptions;
  readonly #running = new Map<number, Running>();
  #launched = 0;
  #attempts = 0;
  #over = false;

  constructor(world: ProcessWorld, log: Log, options: FleetOptions) {
    this.#world = world;
    this.#log = log;
    this.#options = options;
  }

  launch(slot: number): void {
    const { time, chance, faults, trace } = this.#world;
    const { profile, sabotage, startFrom, roles, trouble, topics } = this.#options;
    if (this.#over) return;
    // The first has a name of its own, which it keeps; others get one at random each time.
    const instance = slot === 0 ? 'steady' : undefined;
    const place = this.#options.from === undefined ? '' : 'second ';
    const process = new Process(`${place}${slot === 0 ? 'steady' : `p${slot}`}#${++this.#launched}`, this.#world);
    const clock = process.clock();
    process.say('starts');
    const failing = new Error('a failing handler');
    const job = simJob({
      profile,
      attempt: () => ++this.#attempts,
      after(what, { key }) {
        if (process.isDead) return;
        process.say(`handles ${what}`, key);
        if (faults.strikes('failing handler', 0.002)) throw failing;
      },
      wait: chance.hits(0.5) ? () => clock.turn() : undefined,
    });
    const log = new ProcessLog(process, this.#world, this.#log, roles);
    const until = profile.bounded && this.#launched % 3 === 0 ? 'latest' : undefined;
    const from = this.#options.from === undefined ? undefined : startingFrom(this.#options.from, process, this.#world);
    const { group } = this.#world;
    const options = { log: log.port(), clock, logger: false, group, instance, startFrom, until, from, topics } as const;
    const running = startWith(job, options, { sabotage, schemas: processRegistry(process, this.#world) });
    this.#running.set(slot, { process, network: log.network, stop: () => running.stop() });
    let isOver = false;
    // Once: what has ended may be killed still.
    const again = (): void => {
      if (isOver) return;
      isOver = true;
      time.after(chance.between(1, 60), () => this.launch(slot));
    };
    void process.death.then(again);
    running.result.then(
      ({ reason }) => {
        process.say(`ended: ${reason}`);
        if (reason === 'done') faults.counts.count('end of a run');
        again();
      },
      (error: unknown) => {
        process.say(`ended: ${error instanceof Error ? error.message : String(error)}`);
        if (!this.#isExpected(error, failing)) this.violation ??= { name: 'failed', what: String(error) };
        again();
      },
    );
    if (faults.strikes('stop and start', 0.3)) {
      time.after(chance.between(10, trouble), () => {
        if (process.isDead || this.#over) return;
        trace.say(process.name, 'is asked to stop');
        void running.stop().catch(() => undefined);
      });
    }
  }

  killAll(): void {
    for (const { process } of [...this.#running.values()]) process.kill();
  }

  cutAll(): void {
    for (const { network } of this.#running.values()) network.cut();
  }

  /** One of those that run is asked to stop. It is started again. */
  stopOne(): void {
    for (const { process, stop } of this.#running.values()) {
      if (process.isDead) continue;
      process.say('is asked to stop');
      return void stop().catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.allSettled(
      [...this.#running.values()].map(({ process, stop }) => process.isDead || Promise.race([process.death, stop()])),
    );
  }

  /** What may befall an instance in troubled times: it is started again. */
  #isExpected(error: unknown, failing: Error): boolean {
    if (!isJobError(error)) return false;
    if (error.code === 'JOB_UNKNOWN_TOPIC') return this.#world.faults.counts.of('unknown topic') > 0;
    return (
      error.cause === failing ||
      error.code === 'JOB_LOG_FAILED' ||
      error.code === 'JOB_REGISTRY_FAILED' ||
      error.code === 'JOB_FENCED'
    );
  }
}
