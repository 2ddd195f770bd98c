import { systemClock } from '../../time/clock.ts';
import type { Log } from '../port.ts';
import { CompressionCodecs } from '../record-batch/compression.ts';
import { type Checksum, crc32c } from '../record-batch/crc32c.ts';
import { fastestCrc32c } from '../record-batch/native-crc32c.ts';
import { missingAccess } from './admin/access.ts';
import { partitionBounds } from './admin/bounds.ts';
import { commitOffsets } from './admin/commit-offsets.ts';
import { committedOffsets } from './admin/committed-offsets.ts';
import { createMissingTopics } from './admin/create-topics.ts';
import { deleteTopicsById } from './admin/delete-topics.ts';
import { epochEnds } from './admin/epoch-ends.ts';
import { principalOf } from './admin/grants.ts';
import { groupInstances } from './admin/instances.ts';
import { offsetsAt } from './admin/offsets-at.ts';
import { topicSettings } from './admin/topic-settings.ts';
import { describeTopics } from './admin/topics.ts';
import { describedTransactions, type KafkaTransaction, openTransactions } from './admin/transactions.ts';
import { undecidedTransactions } from './admin/undecided.ts';
import { joinKafkaGroup } from './group/kafka-membership.ts';
import { instanceOf } from './group/member-data.ts';
import { groupSettings } from './group/options.ts';
import { checkLogOptions, type KafkaLogOptions } from './log-options.ts';
import { kafkaProducers } from './producer/open-producer.ts';
import { producerSettings } from './producer/options.ts';
import { KafkaSource } from './source/kafka-source.ts';
import { KafkaTransport } from './transport/transport.ts';

export interface KafkaLog extends Log {
  /** Asks one of the brokers for its cluster, once. @throws LogError, `retriable` where none answers, `fatal` where one refuses this client */
  connect(): Promise<void>;
  /** Transactional ids, those that start with a prefix or those named, as far as there are such: for people who look after them. */
  transactions(
    which: { readonly prefix: string } | { readonly ids: readonly string[] },
  ): Promise<readonly KafkaTransaction[]>;
  /** Closes all connections. What is under way fails at once; transactions that are open end when they time out. */
  close(): Promise<void>;
}

/** Beyond the time that brokers let a transaction be undecided, in milliseconds: they look for late ones now and then. */
const MARGIN = 15_000;

/**
 * Apache Kafka 3.2 or later. Connects when something is asked of it.
 * @throws LogError, `fatal`, where an address of a broker is none, or an option is not what it may be
 * @example
 * const log = kafkaLog({ brokers: ['kafka-1:9092', 'kafka-2:9092'] });
 * await run(job, { log });
 * await log.close();
 */
export function kafkaLog(options: KafkaLogOptions): KafkaLog {
  checkLogOptions(options);
  const { replicationFactor = -1, patience = 30_000, source: fetching, group, clock = systemClock } = options;
  const transport = KafkaTransport.open(options, clock);
  const producers = kafkaProducers(transport, options.producer);
  const { transactionTimeout, acks } = producerSettings(options.producer ?? {});
  const { rebalanceTimeout } = groupSettings(group ?? {});
  const undecided = transactionTimeout + MARGIN;
  const principal = principalOf(options.sasl);
  const codecs = new CompressionCodecs();
  let fastest: Checksum = crc32c;
  void fastestCrc32c().then((found) => {
    fastest = found;
  });
  const checksum: Checksum = (bytes, start, end) => fastest(bytes, start, end);
  let sources = 0;

  return {
    limits: { transactionTimeout, rebalanceTimeout, acks },
    sizes: producers.sizes,
    tools: transport.tools,
    silence: () => transport.silence,
    async connect() {
      await transport.topics([]);
    },
    topics: (names) => describeTopics(transport, names, patience),
    missingAccess: (needs) => missingAccess(transport, needs, { principal, patience }),
    createTopics: (topics) => createMissingTopics(transport, topics, { replicationFactor, patience }),
    deleteTopics: (topics) => deleteTopicsById(transport, topics, patience),
    topicSettings: (topic) => topicSettings(transport, topic, patience),
    source: (isolation) => new KafkaSource(String(++sources), transport, { ...fetching, codecs, checksum, isolation }),
    producer: (transactionalId, open) => producers.transactional(transactionalId, open),
    idempotentProducer: (open) => producers.idempotent(open),
    commitOffsets: (member, offsets) => commitOffsets(transport, member, offsets, patience),
    openTransactions: async (prefix) =>
      (await openTransactions(transport, prefix, patience)).map(({ transactionalId }) => transactionalId),
    epochEnds: (positions) => epochEnds(transport, positions, patience),
    transactions: (which) => describedTransactions(transport, which, patience),
    undecided: (partitions) => undecidedTransactions(transport, partitions, patience),
    join: (join, listener) => joinKafkaGroup(transport, join, listener, group),
    instances: (name) => groupInstances(transport, name, instanceOf, patience),
    committedOffsets: (name, partitions) => committedOffsets(transport, name, partitions, { patience, undecided }),
    bounds: (partitions) => partitionBounds(transport, partitions, patience),
    offsetsAt: (times) => offsetsAt(transport, times, patience),
    close: () => transport.close(),
  };
}
