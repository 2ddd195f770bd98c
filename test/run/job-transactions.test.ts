import { expect, test } from 'vitest';
import { isLingering } from '../../generator/commands/transactions-text.ts';
import { inputTopics, type JobTransaction } from '../../generator/run/job-transactions.ts';
import { copyJob, words } from '../task/copy-job.ts';

test('topics of any name are asked for by it', () => {
  const job = copyJob();
  const input = { topic: { ...words, names: ['constructor', 'words'] }, as: 'stream', outOfOrderness: 0 } as const;
  const named = { ...job, declaration: { ...job.declaration, inputs: { words: input } } };
  expect(inputTopics(named, { words: 'prod-words' })).toEqual(['constructor', 'prod-words']);
});

test('what is decided already does not linger: an abort would not be one', () => {
  const open = { epoch: 0, startTime: 1, timeout: 60_000, partitions: [] };
  const gone: JobTransaction = {
    transactionalId: 'copy/gone',
    producerId: 7,
    state: 'Ongoing',
    open,
    owner: 'gone',
    holdsBack: [],
  };
  expect(isLingering(gone)).toBe(true);
  expect(isLingering({ ...gone, state: 'PrepareCommit' })).toBe(false);
  expect(isLingering({ ...gone, state: 'PrepareAbort' })).toBe(false);
  expect(isLingering({ ...gone, owner: 'live' })).toBe(false);
});
