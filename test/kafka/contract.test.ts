import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll } from 'vitest';
import { describeLog } from '../log/contract.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';

await describeKafka('the contract', (brokers) => {
  const log = kafkaLog({ brokers, group: { sessionTimeout: 3000, heartbeatInterval: 50 } });
  afterAll(() => log.close());
  describeLog('Apache Kafka', async () => ({
    log,
    unique,
    sent: async (producer) => {
      if ('flush' in producer && typeof producer.flush === 'function') await producer.flush();
    },
    quiet: () => new Promise((resolve) => setTimeout(resolve, 300)),
  }));
});
