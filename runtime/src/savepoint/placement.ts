import { encodeWith } from '../format/encode.ts';
import type { Format } from '../format/format.ts';
import { murmur2Partition } from '../format/murmur2.ts';
import { murmur2 } from '../format/partitioners.ts';
import { JobError } from '../task/job-error.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import type { SavedEntry } from './state-reader.ts';

/** Which of so many tasks has a key. */
export type TaskOf = (entry: Pick<SavedEntry, 'keyValue'>, tasks: number) => number;

/**
 * Where the keys of state belong: where a producer puts the records of a key, by murmur2 of the key as the inputs have it.
 * @throws JobError with code `JOB_SAVEPOINT` where an input is partitioned otherwise
 */
export function keyPlacement({ declaration }: JobPlan): TaskOf {
  const formats = new Map<string, Format<unknown>>();
  for (const [name, { as, topic }] of Object.entries(declaration.inputs)) {
    if (as === 'global-table') continue;
    if (topic.partitioner !== murmur2) {
      throw misplaced(`input ${name} is not partitioned by murmur2 of its keys, and only those can be redistributed`);
    }
    formats.set(name, topic.key);
  }
  const distinct = [...new Map([...formats].map(([name, format]) => [format, name]))];
  return ({ keyValue }, tasks) => {
    let place = -1;
    let first = '';
    for (const [format, name] of distinct) {
      const partition = murmur2Partition(encodeWith(format, keyValue), tasks);
      if (place >= 0 && partition !== place) {
        throw misplaced(`inputs ${first} and ${name} have a key in partitions ${place} and ${partition}`);
      }
      place = partition;
      first = name;
    }
    return place;
  };
}

/** The state of a key was found in a task where no producer would have put its records. */
export function misplacedKey(key: unknown, task: number, expected: number): JobError {
  const shown = typeof key === 'string' ? JSON.stringify(key) : String(key);
  return misplaced(
    `key ${shown} has its state in task ${task}, where murmur2 puts it in ${expected}: something else partitions the inputs`,
  );
}

function misplaced(what: string): JobError {
  const advice = 'Give the inputs as many partitions as they had when the savepoint was taken';
  return new JobError(
    'JOB_SAVEPOINT',
    `the number of partitions has changed, and state cannot follow: ${what}. ${advice}`,
  );
}
