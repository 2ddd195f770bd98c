import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll } from 'vitest';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { describeLog } from '../log/contract.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { deleteBefore, unique } from '../support/kafka/requests.ts';

await describeKafka('the contract', (brokers) => {
  const options = { brokers, group: { sessionTimeout: 3000, heartbeatInterval: 50 } };
  const log = kafkaLog(options);
  const impatient = kafkaLog({ ...options, producer: { transactionTimeout: 3000 } });
  const transport = KafkaTransport.open({ brokers }, systemClock);
  afterAll(() => Promise.all([log.close(), impatient.close(), transport.close()]));
  describeLog('Apache Kafka', async () => ({
    log,
    unique,
    sent: async (producer) => {
      if ('flush' in producer && typeof producer.flush === 'function') await producer.flush();
    },
    impatient,
    deleteRecords: (partition, before) => deleteBefore(transport, partition, before),
    quiet: () => new Promise((resolve) => setTimeout(resolve, 300)),
  }));
});
