// npm run chaos [-- --seed 1 --records 300000 --seconds 180]: instances die, sleep and stop on a Kafka of their own, which is
// killed and started again as well; or on that of KAFKA_BROKERS, which is left alone.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Broker, startBroker } from '../../support/kafka/broker.ts';
import { chaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '300000' },
    seconds: { type: 'string', default: '180' },
  },
});
const started = performance.now();
const say = (line: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)}  ${line}`);
const given = process.env['KAFKA_BROKERS'] ?? '';
const broker = given === '' ? await startBroker() : undefined;
try {
  const { inputs, outputs, wrong, faults, unexpected } = await chaos({
    brokers: broker === undefined ? given.split(',') : [broker.address],
    seed: Number(values.seed),
    records: Number(values.records),
    partitions: 12,
    keys: 500,
    duration: Number(values.seconds) * 1000,
    pauseEvery: 4,
    ...(broker === undefined ? {} : { restartBroker: () => restart(broker) }),
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
  await broker?.stop();
}

async function restart(broker: Broker): Promise<void> {
  await broker.kill();
  await sleep(1000);
  await broker.start();
}
