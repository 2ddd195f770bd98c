import type { EmitKeyed, Job, JobContext, JobHooks, Topic } from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import type { MemoryLog } from '@kgen/runtime/memory';

export const words: Topic<string, string, 'words'> = topic({
  id: 'words',
  names: ['words'],
  key: utf8,
  value: utf8,
  partitioner: murmur2,
});
export const copies: Topic<string, string, 'copies'> = topic({
  id: 'copies',
  names: ['copies'],
  key: utf8,
  value: utf8,
  partitioner: murmur2,
});

export interface CopyContext extends JobContext<string> {
  readonly emit: { readonly copies: EmitKeyed<string, string> };
}

export interface CopyHandlers extends JobHooks {
  readonly words: (word: string, ctx: CopyContext) => void | Promise<void>;
}

export type CopyJob = Job<{ key: string; handlers: CopyHandlers }>;

/** A job without state: what comes in goes out. */
export function copyJob(handlers: CopyHandlers = { words: copyWord }, checkpointInterval = 1): CopyJob {
  return createJob(
    {
      name: 'copy',
      key: utf8,
      inputs: { words: { topic: words, as: 'stream', outOfOrderness: 0 } },
      outputs: { copies },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval,
    },
    handlers,
  );
}

export function copyWord(word: string, ctx: CopyContext): void {
  ctx.emit.copies(ctx.key, word);
}

/** Words `0`, `1`, `2` and so on, of a few keys. */
export function someWords(log: MemoryLog, count: number, from = 0): void {
  log.produce(Array.from({ length: count }, (_, i) => words.serialize(`k${(from + i) % 7}`, String(from + i))));
}

/** The words of a topic, in the order of its partitions. */
export function wordsIn(log: MemoryLog, name: string): string[] {
  return Array.from(log.records(name), (record) => String(words.deserialize({ ...record, topic: 'words' }).value));
}
