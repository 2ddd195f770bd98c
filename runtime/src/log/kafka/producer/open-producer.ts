import type { TransactionalProducer } from '../../port.ts';
import { CompressionCodecs, compressionId } from '../../record-batch/compression.ts';
import { fastestCrc32c } from '../../record-batch/native-crc32c.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { type ProducerOptions, type ProducerSettings, producerSettings } from './options.ts';
import { TopicLimits } from './topic-limits.ts';

/** Opens producers that share what is known of topics. @throws LogError */
export function kafkaProducers(
  transport: KafkaTransport,
  options: ProducerOptions = {},
): (
  transactionalId: string,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<KafkaProducer & TransactionalProducer> {
  const settings = producerSettings(options);
  let limits: Promise<TopicLimits> | undefined;
  return async (transactionalId, { signal } = {}) => {
    limits ??= topicLimits(transport, settings);
    return KafkaProducer.open({ transport, transactionalId, settings, limits: await limits, signal });
  };
}

async function topicLimits(transport: KafkaTransport, settings: ProducerSettings): Promise<TopicLimits> {
  const { compression: name, batchBytes } = settings;
  const checksum = await fastestCrc32c();
  if (name === undefined) return new TopicLimits(transport, { batchBytes, checksum });
  const codecs = new CompressionCodecs();
  const id = compressionId(name);
  await codecs.load([id]);
  const codec = codecs.get(id);
  if (codec === undefined) throw new RangeError(`no compression ${name}`);
  return new TopicLimits(transport, { batchBytes, checksum, compression: { id, codec } });
}
