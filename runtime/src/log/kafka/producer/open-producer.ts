import type { IdempotentProducer, RecordSizes, TransactionalProducer } from '../../port.ts';
import { CompressionCodecs, compressionId } from '../../record-batch/compression.ts';
import { fastestCrc32c } from '../../record-batch/native-crc32c.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { checkProducerOptions } from './check-options.ts';
import { KafkaIdempotentProducer } from './kafka-idempotent-producer.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { type ProducerOptions, type ProducerSettings, producerSettings } from './options.ts';
import { TopicLimits } from './topic-limits.ts';

/** Opens producers that share what is known of topics. */
export interface KafkaProducers {
  /** Of topics that they have written to. */
  readonly sizes: RecordSizes;
  /** @throws LogError */
  transactional(transactionalId: string, options?: OpenOptions): Promise<KafkaProducer & TransactionalProducer>;
  /** @throws LogError */
  idempotent(options?: OpenOptions): Promise<IdempotentProducer>;
}

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
}

/** @throws LogError, `fatal`, where options are unknown, wrong, or contradict each other */
export function kafkaProducers(transport: KafkaTransport, options: ProducerOptions = {}): KafkaProducers {
  checkProducerOptions(options);
  const settings = producerSettings(options);
  let learnt: Promise<TopicLimits> | undefined;
  let known: TopicLimits | undefined;
  const limits = (): Promise<TopicLimits> => {
    learnt ??= topicLimits(transport, settings).then((found) => {
      known = found;
      return found;
    });
    return learnt;
  };
  return {
    sizes: {
      get any() {
        return known?.any ?? 0;
      },
      check: (record) => known?.check(record),
    },
    async transactional(transactionalId, { signal } = {}) {
      return KafkaProducer.open({ transport, transactionalId, settings, limits: await limits(), signal });
    },
    async idempotent({ signal } = {}) {
      return KafkaIdempotentProducer.open({ transport, settings, limits: await limits(), signal });
    },
  };
}

async function topicLimits(transport: KafkaTransport, settings: ProducerSettings): Promise<TopicLimits> {
  const { compression: name, batchSize: batchBytes } = settings;
  const checksum = await fastestCrc32c();
  if (name === undefined) return new TopicLimits(transport, { batchBytes, checksum });
  const codecs = new CompressionCodecs();
  const id = compressionId(name);
  await codecs.load([id]);
  const codec = codecs.get(id);
  if (codec === undefined) throw new RangeError(`no compression ${name}`);
  return new TopicLimits(transport, { batchBytes, checksum, compression: { id, codec } });
}
