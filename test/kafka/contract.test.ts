import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll } from 'vitest';
import { describeLog } from '../log/contract.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';

await describeKafka('the contract', (brokers) => {
  const options = { brokers, group: { sessionTimeout: 3000, heartbeatInterval: 50 } };
  const log = kafkaLog(options);
  const impatient = kafkaLog({ ...options, producer: { transactionTimeout: 1000 } });
  afterAll(() => Promise.all([log.close(), impatient.close()]));
  describeLog('Apache Kafka', async () => ({
    log,
    unique,
    sent: async (producer) => {
      if ('flush' in producer && typeof producer.flush === 'function') await producer.flush();
    },
    impatient,
    quiet: () => new Promise((resolve) => setTimeout(resolve, 300)),
  }));
});
