import type { Job, JobLog } from '@kgen/runtime';
import { murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type CopyJob, copyJob } from './copy-job.ts';

/** The copy job, with an input of all topics whose names match. */
export function patternJob(pattern: RegExp, more: Partial<Job['declaration']> = {}): CopyJob {
  const job = copyJob();
  const words = topic({ id: 'words', pattern, key: utf8, value: utf8, partitioner: murmur2 });
  const inputs = { words: { topic: words, as: 'stream', outOfOrderness: 0 } } as const;
  return { ...job, declaration: { ...job.declaration, inputs, discovery: 100, ...more } as CopyJob['declaration'] };
}

/** What is logged, line by line. */
export function captured(lines: string[]): JobLog {
  const add = (...given: readonly unknown[]): void =>
    void lines.push(
      given
        .map((each) => (typeof each === 'string' ? each : ''))
        .join(' ')
        .trim(),
    );
  return { debug: () => undefined, info: add, warn: add, error: add };
}
