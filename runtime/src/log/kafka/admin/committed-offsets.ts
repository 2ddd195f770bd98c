import { sleep } from '../../../time/clock.ts';
import { type CommittedOffset, LogError, type TopicPartition } from '../../port.ts';
import { askCoordinatorOnce } from '../ask-coordinator.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { answeredError, KafkaError } from '../errors.ts';
import { type OffsetFetchResponse, offsetFetch } from '../messages/offset-fetch.ts';
import { pause } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { transactionsIn } from './transactions.ts';
import { undecidedTransactions } from './undecided.ts';

export interface OffsetsPatience {
  /** For coordinators that are not to be found, in milliseconds. */
  readonly patience: number;
  /** For transactions that are undecided, in milliseconds: longer than brokers let one be (its timeout), and some more. */
  readonly undecided: number;
}

/** Who waits for a transaction asks again this soon, in milliseconds: the restart of a job waits with it. */
const SOON = 50;
const NEVER_COMMITTED = -1;

/**
 * What a group has committed, of some partitions or of all, without what it never did. Waits while a transaction over one of the offsets is undecided: the
 * offset from before it is none to start from (I2).
 * @throws KafkaError; LogError, `fatal`, naming the transactions, where none of them is decided in time
 */
export async function committedOffsets(
  transport: KafkaTransport,
  group: string,
  partitions: readonly TopicPartition[] | undefined,
  { patience, undecided }: OffsetsPatience,
): Promise<readonly CommittedOffset[]> {
  if (partitions?.length === 0) return [];
  const { clock } = transport;
  const start = clock.monotonic();
  let reached = start;
  for (let tries = 0; ; tries++) {
    try {
      const answer = await askOnce(transport, group, partitions ?? null);
      return answer.partitions
        .filter(({ offset }) => offset !== NEVER_COMMITTED)
        .map(({ topic, partition, offset, metadata, leaderEpoch }) => {
          return { topic, partition, offset, metadata, ...(leaderEpoch < 0 ? {} : { leaderEpoch }) };
        });
    } catch (error) {
      if (!(error instanceof KafkaError) || error.kind !== 'retriable') throw error;
      const now = clock.monotonic();
      const unstable = error.kafkaCode === ERROR_CODES.UNSTABLE_OFFSET_COMMIT;
      if (unstable) reached = now;
      else if (now - reached > patience) throw error;
      if (unstable && now - start > undecided) throw await heldBack(transport, group, undecided, error);
      const wait = pause(clock, tries, error);
      await sleep(clock, unstable ? Math.min(SOON, wait) : wait);
    }
  }
}

function askOnce(
  transport: KafkaTransport,
  group: string,
  partitions: readonly TopicPartition[] | null,
): Promise<OffsetFetchResponse> {
  return askCoordinatorOnce(transport, {
    kind: 'group',
    key: group,
    channel: 'offsets',
    message: offsetFetch,
    request: { group, partitions, requireStable: true },
    failure: (answer) => {
      if (answer.error !== 0) return answeredError('OffsetFetch', answer.error, `group ${group}`);
      const errors = answer.partitions
        .filter(({ error }) => error !== 0)
        .map(({ topic, partition, error }) =>
          answeredError('OffsetFetch', error, `group ${group}, ${topic}-${partition}`),
        );
      return errors.find(({ kind }) => kind !== 'retriable') ?? errors[0];
    },
  });
}

/** Says who holds the offsets back, as far as the brokers tell (I16). */
async function heldBack(transport: KafkaTransport, group: string, waited: number, cause: unknown): Promise<LogError> {
  const seconds = Math.round(waited / 1000);
  const what = `Offsets of group ${group} are part of a transaction that is undecided after ${seconds} s`;
  let who = '';
  let where = '';
  try {
    const topic = '__consumer_offsets';
    const [offsets] = await transport.topics([topic]);
    const partition = offsetsPartition(group, offsets?.partitions.length ?? 1);
    const holders = await transactionsIn(transport, { topic, partition }, 5000);
    who = holders.map((each) => `: '${each.transactionalId}' of producer ${each.producerId}`).join('');
    where = ` --topic ${topic} --partition ${partition}`;
    const led = await undecidedTransactions(transport, [{ topic, partition }], 5000);
    const first = led.find(({ producerId }) => holders.some((holder) => holder.producerId === producerId));
    if (first !== undefined) where += ` --start-offset ${first.offset}`;
  } catch {
    // What it is about matters more than why it cannot be told in full.
  }
  const todo = `Stop whoever writes it, or end it with kafka-transactions.sh ${transport.tools} abort${where}`;
  return new LogError('fatal', `${what}${who}. ${todo}`, { cause });
}

/** Where a group's offsets lie: by Java's `String.hashCode`, and 0 for the one of which Java has no absolute value. */
export function offsetsPartition(group: string, partitions: number): number {
  let hash = 0;
  for (let i = 0; i < group.length; i++) hash = (Math.imul(31, hash) + group.charCodeAt(i)) | 0;
  return hash === -(2 ** 31) ? 0 : Math.abs(hash) % partitions;
}
