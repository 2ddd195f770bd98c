import type { Job } from '@kgen/runtime';
import type { KafkaLog, KafkaTransaction } from '@kgen/runtime/kafka';

export type { KafkaLog } from '@kgen/runtime/kafka';

/**
 * Whose a transaction is.
 * - `live`: of an instance that is a member of the job's group.
 * - `gone`: of one that is none: what it left open lingers.
 * - `other`: of another program, which writes what the job reads.
 */
export type TransactionOwner = 'live' | 'gone' | 'other';

export interface JobTransaction extends Omit<KafkaTransaction, 'transactionalId'> {
  /** Undefined where this user may not see it, or no coordinator knows it any more: then it does not end by itself. */
  readonly transactionalId: string | undefined;
  readonly owner: TransactionOwner;
  /** Partitions of the job's inputs whose readers get no further than to where it begins there. */
  readonly holdsBack: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
}

export interface JobScope {
  readonly group: string;
  /** Names of the job's input topics in this environment. */
  readonly inputs: readonly string[];
}

/** Kafka's names of what a job reads; those that a pattern finds are not looked up. */
export function inputTopics({ declaration }: Job, topics: { readonly [declared: string]: string }): readonly string[] {
  const declared = Object.values(declaration.inputs).flatMap(({ topic }) => topic.names);
  return [...new Set(declared.map((name) => (Object.hasOwn(topics, name) ? (topics[name] ?? name) : name)))];
}

/** Transactions of a job, idle transactional ids among them, and open ones of others that hold its readers back. */
export async function jobTransactions(log: KafkaLog, { group, inputs }: JobScope): Promise<readonly JobTransaction[]> {
  const prefix = `${group}/`;
  const own = await log.transactions({ prefix });
  const holding = await holders(log, inputs);
  const others = [...new Set(holding.flatMap(({ transactionalId }) => transactionalId ?? []))].filter(
    (id) => !id.startsWith(prefix),
  );
  const strangers = others.length === 0 ? [] : await log.transactions({ ids: others });
  const live = await liveInstances(log, group);
  const known = [...own, ...strangers].map((one): JobTransaction => {
    const owner = one.transactionalId.startsWith(prefix) ? ownerOf(one.transactionalId, group, live) : 'other';
    const holdsBack = one.open === undefined ? [] : holding.filter(({ producerId }) => producerId === one.producerId);
    return {
      ...one,
      owner,
      holdsBack: holdsBack.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    };
  });
  const hanging = Map.groupBy(
    holding.filter(({ transactionalId }) => transactionalId === undefined),
    ({ producerId }) => producerId,
  );
  const unknown = Array.from(hanging, ([producerId, all]): JobTransaction => {
    const holdsBack = all.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
    return { transactionalId: undefined, producerId, state: 'Hanging', open: undefined, owner: 'other', holdsBack };
  });
  return [...known, ...unknown];
}

/** An instance of a pool of producers has ids of its own: what follows its name counts them. */
export function ownerOf(transactionalId: string, group: string, live: ReadonlySet<string>): 'live' | 'gone' {
  const [instance = ''] = transactionalId.slice(group.length + 1).split('/', 1);
  return live.has(instance) ? 'live' : 'gone';
}

export async function liveInstances(log: KafkaLog, group: string): Promise<ReadonlySet<string>> {
  return new Set(await log.instances(group));
}

/** Open transactions in the inputs: readers of committed records get no further than to the first of a partition. */
async function holders(log: KafkaLog, inputs: readonly string[]): ReturnType<KafkaLog['undecided']> {
  const topics = await log.topics(inputs);
  const partitions = Array.from(topics, ([topic, { partitions: count }]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  ).flat();
  return partitions.length === 0 ? [] : log.undecided(partitions);
}
