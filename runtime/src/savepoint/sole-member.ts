import { type GroupMember, type Log, LogError, type Membership } from '../log/port.ts';
import type { JobLog } from '../ops/job-log.ts';
import { JobError } from '../task/job-error.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import { layoutOf } from '../task/plan/replan.ts';
import { atMost, type Clock } from '../time/clock.ts';
import { whenEmpty } from './empty-group.ts';
import { importMarks } from './import-marks.ts';

/** Who was killed is a member until its session ends: so long the group may take to be empty, in milliseconds. */
const WAIT_FOR_EMPTY = 20_000;
/** How long the group may take to give the tasks to its only member, in milliseconds. */
const WAIT_FOR_TASKS = 60_000;

export interface AloneWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly jobLog: JobLog;
  readonly plan: JobPlan;
  /** Throws when the job is to end. */
  readonly alive: () => void;
}

/** The only member of a group, which holds all tasks (I21). */
export interface SoleMember {
  /** As it was when it got the tasks: what it commits counts as long as nobody else has joined (I4). */
  readonly member: GroupMember;
  /** @throws LogError where somebody else has joined meanwhile */
  alone(): void;
  leave(): Promise<void>;
}

/**
 * Joins a group that has no members, as its only one.
 * @throws JobError with code `JOB_SAVEPOINT` where it has some; LogError, `retriable`, where another one comes
 */
export async function joinAlone(world: AloneWorld): Promise<SoleMember> {
  const { log, clock, plan, alive } = world;
  const { group, instance, tasks } = plan;
  const members = await othersThan(world);
  if (members.length > 0) throw notAlone(group, `its members are ${members.join(', ')}`);
  const held = Promise.withResolvers<void>();
  let count = 0;
  let others = false;
  const another = (): void => {
    others = true;
    held.resolve();
  };
  const joined = await log.join(
    { group, instance, static: plan.static, layout: layoutOf(plan) },
    {
      revoked: async () => another(),
      assigned(added) {
        count += added.length;
        if (count < tasks) another();
        else held.resolve();
      },
      lost: another,
    },
  );
  const alone = (): void => {
    // Whoever it was does not go on from here either: trying again is worth it.
    if (others)
      throw new LogError('retriable', `somebody else has joined group ${group} while a savepoint was imported`);
  };
  try {
    await atMost(clock, WAIT_FOR_TASKS, held.promise);
    alive();
    alone();
    if (count < tasks) throw new LogError('retriable', `group ${group} does not give its tasks to its only member`);
    return { member: joined.member(), alone, leave: () => joined.end({ leave: true }) };
  } catch (error) {
    await leaveQuietly(joined);
    throw error;
  }
}

/** Those who stay: who was killed, or imports just now, is waited for. */
async function othersThan(world: AloneWorld): Promise<readonly string[]> {
  const { log, clock, jobLog, plan, alive } = world;
  const { group, instance } = plan;
  for (let said = false; ; said = true) {
    const members = await whenEmpty(
      { log, clock, group, alive },
      {
        within: WAIT_FOR_EMPTY,
        // A member of a configured name takes the place of its predecessor.
        counts: (name) => !plan.static || name !== instance,
        waits(present) {
          const what =
            'the group has members, and must be empty to start from a savepoint: if they were killed, it notices soon';
          if (!said) jobLog.info({ group, members: present }, what);
        },
      },
    );
    if (members.length === 0 || (await importMarks(world)).length === 0) return members;
    const what = 'a savepoint is imported into the group by one of its members: this instance waits until that is done';
    if (!said) jobLog.info({ group, members }, what);
  }
}

async function leaveQuietly(membership: Membership): Promise<void> {
  await membership.end({ leave: true }).catch(() => undefined);
}

function notAlone(group: string, why: string): JobError {
  const advice =
    'Start from a savepoint with one instance alone, and others when it runs; stop the job first, or give another --group';
  return new JobError('JOB_SAVEPOINT', `group ${group} must be empty to start from a savepoint, but ${why}. ${advice}`);
}
