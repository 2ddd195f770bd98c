// npm run chaos [-- --seed 1 --records 300000 --seconds 180 --brokers 1 --guarantee exactly-once --stateless]: instances die, sleep and stop on a Kafka of their own,
// of one broker or three, any of which is killed and started again as well; or on that of KAFKA_BROKERS, which is left alone.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KafkaTransport } from '../../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../../runtime/src/time/clock.ts';
import { type Broker, startBroker } from '../../support/kafka/broker.ts';
import { startCluster, wholeAgain } from '../../support/kafka/cluster.ts';
import { type ChaosOptions, chaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '300000' },
    seconds: { type: 'string', default: '180' },
    brokers: { type: 'string', default: '1' },
    guarantee: { type: 'string', default: 'exactly-once' },
    stateless: { type: 'boolean', default: false },
  },
});

interface Servers {
  readonly brokers: readonly string[];
  readonly restartBroker?: () => Promise<void>;
  stop(): Promise<void>;
}

async function servers(): Promise<Servers> {
  const given = process.env['KAFKA_BROKERS'] ?? '';
  if (given !== '') return { brokers: given.split(','), stop: async () => undefined };
  if (values.brokers === '1') {
    const broker = await startBroker();
    return { brokers: [broker.address], restartBroker: () => restart(broker), stop: broker.stop };
  }
  if (values.brokers !== '3') throw new Error(`--brokers ${values.brokers}: give 1 or 3`);
  const cluster = await startCluster();
  const transport = await KafkaTransport.connect({ brokers: cluster.addresses }, systemClock);
  let next = Number(values.seed);
  return {
    brokers: cluster.addresses,
    async restartBroker() {
      // One at a time: all replicas are to be in sync before another goes.
      await wholeAgain(transport);
      await restart(cluster.broker(1 + (next++ % 3)));
    },
    async stop() {
      await transport.close();
      await cluster.stop();
    },
  };
}

async function restart(broker: Broker): Promise<void> {
  await broker.kill();
  await sleep(1000);
  await broker.start();
}

const started = performance.now();
const say = (line: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)}  ${line}`);
const { brokers, restartBroker, stop } = await servers();
try {
  const { inputs, outputs, wrong, faults, unexpected } = await chaos({
    brokers,
    seed: Number(values.seed),
    guarantee: values.guarantee as NonNullable<ChaosOptions['guarantee']>,
    stateless: values.stateless,
    records: Number(values.records),
    partitions: 12,
    keys: 500,
    duration: Number(values.seconds) * 1000,
    pauseEvery: 4,
    ...(restartBroker === undefined ? {} : { restartBroker }),
    say,
  });
  for (const [fault, count] of Object.entries(faults)) console.log(`${String(count).padStart(6)}  ${fault}`);
  for (const text of unexpected) console.log(`\nended by itself: ${text.slice(-1500)}`);
  for (const text of wrong) console.log(text);
  const good = wrong.length === 0 && inputs === outputs;
  console.log(
    `${inputs} inputs, ${outputs} outputs: ${good ? 'each once, in order by key' : 'WRONG'} (seed ${values.seed})`,
  );
  process.exitCode = good ? 0 : 1;
} finally {
  await stop();
}
