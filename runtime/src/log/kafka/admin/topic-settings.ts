import type { TopicSettings } from '../../port.ts';
import { answeredError } from '../errors.ts';
import { describeConfigs } from '../messages/describe-configs.ts';
import { retrying } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';

const POLICY = 'cleanup.policy';
const AGE = 'retention.ms';
const DATED = 'message.timestamp.type';
const TOMBSTONES = 'delete.retention.ms';
/** Kafka's own default, in milliseconds. */
const A_DAY = 24 * 60 * 60_000;

/** How a topic keeps and dates records. `patience` in milliseconds. @throws KafkaError */
export function topicSettings(transport: KafkaTransport, topic: string, patience: number): Promise<TopicSettings> {
  return retrying(transport.clock, patience, async () => {
    const resources = [{ type: 'topic', name: topic, keys: [POLICY, TOMBSTONES, AGE, DATED] }] as const;
    const { resources: found } = await transport.sendToAny(describeConfigs, { resources });
    const [described] = found;
    if (described === undefined) throw answeredError('DescribeConfigs', 3, `topic ${topic}`);
    const { error, message, configs } = described;
    if (error !== 0) throw answeredError('DescribeConfigs', error, `topic ${topic}`, message);
    const policy = configs.get(POLICY) ?? 'delete';
    const tombstones = Number(configs.get(TOMBSTONES) ?? A_DAY);
    const age = Number(configs.get(AGE) ?? -1);
    const deletes = policy.includes('delete') && age >= 0;
    const dated = configs.get(DATED);
    return {
      compacted: policy === 'compact',
      policy,
      tombstones,
      age: deletes ? age : Number.POSITIVE_INFINITY,
      timestampType: dated === 'CreateTime' || dated === 'LogAppendTime' ? dated : undefined,
    };
  });
}
