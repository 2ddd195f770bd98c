import type { Clock } from '../../time/clock.ts';
import { type CommittedOffset, type GroupMember, LogError, type TopicPartition } from '../port.ts';
import type { Group } from './group.ts';
import type { MemoryHooks } from './hooks.ts';
import type { Store } from './store.ts';
import type { AddedOffset, Participant, Transaction } from './transaction.ts';

/** Who a producer is: an older identity of its transactional id is fenced. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

/** Kafka's epochs are of 16 bits; the last one is kept for the coordinator. */
const LAST_EPOCH = 32_766;

interface Identity {
  readonly transactionalId: string;
  current: ProducerIdentity;
  /** Which identity EndTxn has replaced, if it was not another producer that did. */
  ended: ProducerIdentity | undefined;
  open: Transaction | undefined;
  /** When the open one is aborted, by the clock's `monotonic`. */
  deadline: number;
}

export interface CoordinatorOptions {
  readonly clock: Clock;
  /** After how many milliseconds a transaction is aborted that nobody ended. */
  readonly transactionTimeout: number;
}

interface GroupOffsets {
  readonly committed: Map<string, AddedOffset>;
  /** How many were added to transactions. */
  added: number;
  /** Undecided transactions over these offsets, by partition. */
  readonly pending: Map<string, Set<Transaction>>;
}

/** Decides transactions, and keeps the offsets of groups: what transaction and group coordinators do in Kafka. */
export class Coordinator {
  readonly #store: Store;
  readonly #groups: ReadonlyMap<string, Group>;
  readonly #hooks: MemoryHooks;
  readonly #options: CoordinatorOptions;
  /** Not later than the first of all deadlines. */
  #nextDeadline = Number.POSITIVE_INFINITY;
  readonly #identities = new Map<string, Identity>();
  #producerIds = 0;
  readonly #offsets = new Map<string, GroupOffsets>();

  constructor(store: Store, groups: ReadonlyMap<string, Group>, options: CoordinatorOptions, hooks: MemoryHooks) {
    this.#store = store;
    this.#groups = groups;
    this.#options = options;
    this.#hooks = hooks;
  }

  /** A new epoch of a transactional id. What the one before left open is aborted. */
  initialise(transactionalId: string): ProducerIdentity {
    this.timeOut();
    let identity = this.#identities.get(transactionalId);
    if (identity === undefined) {
      const current = { producerId: ++this.#producerIds, epoch: 0 };
      identity = { transactionalId, current, ended: undefined, open: undefined, deadline: 0 };
      this.#identities.set(transactionalId, identity);
      return current;
    }
    if (identity.open !== undefined) this.#decide(identity, 'aborted');
    this.#replace(identity);
    return identity.current;
  }

  /**
   * Aborts transactions that lasted too long, and fences their producers. Nothing happens by itself here: whoever asks for what
   * may depend on it calls this first, so that an idle log keeps no timer.
   */
  timeOut(): void {
    const now = this.#options.clock.monotonic();
    if (now < this.#nextDeadline) return;
    this.#nextDeadline = Number.POSITIVE_INFINITY;
    for (const identity of this.#identities.values()) {
      if (identity.open === undefined) continue;
      if (identity.deadline <= now) this.#abandon(identity);
      else this.#nextDeadline = Math.min(this.#nextDeadline, identity.deadline);
    }
  }

  /** Milliseconds until the next transaction may time out. */
  get untilTimeOut(): number {
    return this.#nextDeadline - this.#options.clock.monotonic();
  }

  openTransactions(prefix: string): string[] {
    this.timeOut();
    const ids: string[] = [];
    for (const [id, { open }] of this.#identities) if (open !== undefined && id.startsWith(prefix)) ids.push(id);
    return ids;
  }

  /** The transaction of this producer, begun if there is none. @throws LogError, `fenced`, where it is not the newest */
  transaction(transactionalId: string, producer: ProducerIdentity): Transaction {
    const identity = this.#identity(transactionalId, producer);
    return identity.open ?? this.#begin(identity);
  }

  /** Gives the identity to go on with (KIP-890). */
  end(transactionalId: string, producer: ProducerIdentity, outcome: 'committed' | 'aborted'): ProducerIdentity {
    const identity = this.#identity(transactionalId, producer);
    if (identity.open === undefined) return identity.current;
    this.#decide(identity, outcome);
    if (this.#hooks.protocol === 1) return producer;
    this.#replace(identity);
    identity.ended = producer;
    return this.#hooks.ignoreIdentity === true ? producer : identity.current;
  }

  /** Of a producer that has no transactions. */
  newProducerId(): number {
    return ++this.#producerIds;
  }

  /** Outside of transactions: they count at once. */
  commitOffsets(member: GroupMember, offsets: readonly CommittedOffset[]): void {
    this.#checkOffsets(member, offsets);
    const group = this.#offsetsOf(member.group);
    for (const offset of offsets) group.committed.set(keyOf(offset), { offset, order: ++group.added });
  }

  addOffsets(transaction: Transaction, member: GroupMember, offsets: readonly CommittedOffset[]): void {
    this.#checkOffsets(member, offsets);
    const group = this.#offsetsOf(member.group);
    const { pending } = group;
    for (const offset of offsets) {
      const key = keyOf(offset);
      let transactions = pending.get(key);
      if (transactions === undefined) {
        transactions = new Set();
        pending.set(key, transactions);
      }
      transactions.add(transaction);
    }
    const added = offsets.map((offset): AddedOffset => ({ offset, order: ++group.added }));
    transaction.offsets.set(member.group, [...(transaction.offsets.get(member.group) ?? []), ...added]);
  }

  /** What is committed, of these partitions or of all that have something; undefined while a transaction over them is undecided. */
  committed(group: string, partitions: readonly TopicPartition[] | undefined): readonly CommittedOffset[] | undefined {
    this.timeOut();
    const { committed, pending } = this.#offsetsOf(group);
    const found: CommittedOffset[] = [];
    for (const partition of partitions ?? Array.from(committed.values(), ({ offset }) => offset)) {
      const key = keyOf(partition);
      if ((pending.get(key)?.size ?? 0) > 0) return undefined;
      const added = committed.get(key);
      if (added !== undefined) found.push(added.offset);
    }
    return found;
  }

  /** What is committed, whatever is undecided: OffsetFetch without require_stable. */
  materialised(group: string, partitions: readonly TopicPartition[]): readonly CommittedOffset[] {
    const { committed } = this.#offsetsOf(group);
    return partitions.flatMap((partition) => committed.get(keyOf(partition))?.offset ?? []);
  }

  /** A topic is deleted: what groups have committed of it goes with it. */
  forget(topic: string): void {
    for (const { committed } of this.#offsets.values()) {
      for (const [key, { offset }] of committed) if (offset.topic === topic) committed.delete(key);
    }
  }

  #identity(transactionalId: string, { producerId, epoch }: ProducerIdentity): Identity {
    this.timeOut();
    const identity = this.#identities.get(transactionalId);
    if (identity?.current.producerId === producerId && identity.current.epoch === epoch) return identity;
    const ended = identity?.ended;
    if (ended?.producerId === producerId && ended.epoch === epoch) this.#hooks.outdated?.(transactionalId);
    throw new LogError(
      'fenced',
      `transactional id ${transactionalId}: a newer producer has taken over from epoch ${epoch}`,
    );
  }

  /** Whoever has the present identity is fenced. */
  #replace(identity: Identity): void {
    const { producerId, epoch } = identity.current;
    const isLast = epoch >= (this.#hooks.lastEpoch ?? LAST_EPOCH);
    identity.current = isLast ? { producerId: ++this.#producerIds, epoch: 0 } : { producerId, epoch: epoch + 1 };
    identity.ended = undefined;
  }

  /** KIP-447, with Kafka's answers: an unknown member is fenced (25); one of another generation must abort (22), see I4. */
  #check(member: GroupMember): void {
    const group = this.#groups.get(member.group);
    const generation = group?.generationOf(member.memberId);
    if (generation === undefined) {
      throw new LogError('fenced', `${member.memberId} is not a member of group ${member.group}`);
    }
    if (generation !== member.generation) {
      throw new LogError('abortable', `group ${member.group} is at generation ${generation}, not ${member.generation}`);
    }
  }

  #checkOffsets(member: GroupMember, offsets: readonly CommittedOffset[]): void {
    this.#check(member);
    for (const { topic, partition, metadata } of offsets) {
      this.#store.partition({ topic, partition });
      if (Buffer.byteLength(metadata) > 4096) {
        throw new LogError('abortable', `offset metadata of ${topic}-${partition} is longer than 4096 bytes`);
      }
    }
  }

  #decide(identity: Identity, outcome: 'committed' | 'aborted'): void {
    const transaction = identity.open;
    if (transaction === undefined) return;
    identity.open = undefined;
    transaction.state = this.#hooks.deliverAborted === true ? 'committed' : outcome;
    const markers = [
      ...Array.from(transaction.partitions, (partition) => () => partition.mark(transaction)),
      ...Array.from(transaction.offsets, ([group, offsets]) => {
        return () => this.#settleOffsets(group, offsets, transaction, outcome);
      }),
    ];
    const writes = markers.map((marker) => () => {
      marker();
      // Readers, and those who wait for offsets, may go on.
      this.#store.changed();
    });
    if (this.#hooks.markers === undefined) for (const write of writes) write();
    else this.#hooks.markers(transaction.transactionalId, writes);
  }

  #begin(identity: Identity): Transaction {
    const { transactionalId } = identity;
    const { producerId } = identity.current;
    const written = { partitions: new Set<Participant>(), offsets: new Map<string, readonly AddedOffset[]>() };
    const transaction: Transaction = { transactionalId, producerId, state: 'open', ...written };
    const { clock, transactionTimeout } = this.#options;
    identity.open = transaction;
    identity.deadline = clock.monotonic() + transactionTimeout;
    this.#nextDeadline = Math.min(this.#nextDeadline, identity.deadline);
    this.#hooks.begun?.(() => {
      if (identity.open === transaction) this.#abandon(identity);
    });
    return transaction;
  }

  /** Aborts a transaction that nobody ended in time. */
  #abandon(identity: Identity): void {
    this.#replace(identity);
    this.#decide(identity, 'aborted');
  }

  #settleOffsets(
    group: string,
    offsets: readonly AddedOffset[],
    transaction: Transaction,
    outcome: 'committed' | 'aborted',
  ): void {
    const { committed, pending } = this.#offsetsOf(group);
    for (const added of offsets) {
      const key = keyOf(added.offset);
      pending.get(key)?.delete(transaction);
      const before = committed.get(key);
      if (outcome === 'committed' && !(before !== undefined && before.order > added.order)) committed.set(key, added);
    }
  }

  #offsetsOf(group: string): GroupOffsets {
    let offsets = this.#offsets.get(group);
    if (offsets === undefined) {
      offsets = { committed: new Map(), added: 0, pending: new Map() };
      this.#offsets.set(group, offsets);
    }
    return offsets;
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
