import { expect, test } from 'vitest';
import { PartitionQueue, type SealedBatch } from '../../runtime/src/log/kafka/producer/partition-queue.ts';
import { TopicMemory } from '../../runtime/src/log/kafka/producer/topic-memory.ts';
import { newTransaction } from '../../runtime/src/log/kafka/producer/transaction.ts';
import { valued } from '../support/kafka/producing.ts';

const IDENTITY = { transactionalId: 'id', producerId: 1, epoch: 0 };

/** A partition with so many batches of one record each waiting. Its broker knows the producer. */
function queueOf(batches: number): PartitionQueue {
  const queue = new PartitionQueue('topic', 0, new TopicMemory({ batchBytes: 1000, maxBytes: 1000 }));
  const transaction = newTransaction();
  for (let i = 0; i <= batches; i++) {
    queue.open = queue.memory.take();
    queue.open.append(valued('topic', 0, `${i}`), []);
    queue.seal(transaction);
  }
  const first = queue.send(IDENTITY);
  expect(queue.next).toBe(undefined);
  if (first !== undefined) queue.acknowledged(first);
  return queue;
}

function sendAll(queue: PartitionQueue): SealedBatch[] {
  const sent: SealedBatch[] = [];
  for (let batch = queue.send(IDENTITY); batch !== undefined; batch = queue.send(IDENTITY)) sent.push(batch);
  return sent;
}

const numbers = (batches: readonly SealedBatch[]): number[] => batches.map(({ number }) => number);

test('a broker is sent as many batches as it knows again', () => {
  const queue = queueOf(20);
  const sent = sendAll(queue);
  expect(numbers(sent)).toEqual([1, 2, 3, 4, 5]);
  for (const batch of sent.slice(0, 2)) queue.acknowledged(batch);
  expect(numbers(sendAll(queue))).toEqual([6, 7]);
});

test('none is sent that would make it forget one without an acknowledgement, whatever of those in between', () => {
  const queue = queueOf(20);
  const [lost, ...others] = sendAll(queue) as [SealedBatch, ...SealedBatch[]];
  // The answer of the first is lost, and those of the others are not: they went another way.
  for (const batch of others.slice(0, 3)) queue.acknowledged(batch);
  expect(sendAll(queue)).toEqual([]);
  queue.failed(lost, new Error('no answer'));
  expect(queue.hasLanded).toBe(false);
  queue.acknowledged(others[3] as SealedBatch);
  expect(queue.hasLanded).toBe(true);
  queue.again();
  const again = sendAll(queue);
  expect(numbers(again)).toEqual([1]);
  expect(again[0]?.bytes).toBe(lost.bytes);
  queue.acknowledged(lost);
  expect(numbers(sendAll(queue))).toEqual([6, 7, 8, 9, 10]);
});

test('what failed comes again in its order, before all else', () => {
  const queue = queueOf(20);
  const sent = sendAll(queue);
  queue.acknowledged(sent[2] as SealedBatch);
  for (const batch of sent) queue.failed(batch, new Error('no answer'));
  queue.again();
  expect(numbers(sendAll(queue))).toEqual([1, 2, 4, 5]);
});
