import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { manyOrders, produceOrders } from '../../test/kafka/chaos/orders.ts';
import { cuttingProxy } from '../../test/support/kafka/cutting-proxy.ts';
import { unique } from '../../test/support/kafka/requests.ts';
import { countJob, countOrder } from '../../test/task/count-job.ts';
import { median } from '../harness.ts';
import type { Report } from '../report.ts';
import { withBrokers } from './brokers.ts';

const ROUNDS = 3;
const PARTITIONS = 4;
const KEYS = 1000;
const INTERVAL = 5;
/** What brokers that are far away, or wait for others, add to each write, in milliseconds. */
const DELAYS = [0, 10, 40] as const;
const CONCURRENT = [1, 2, 3] as const;
const WRITES = { produce: 0, endTxn: 26, txnOffsetCommit: 28 } as const;

interface Round {
  readonly delay: number;
  readonly concurrent: number;
  readonly recordsPerSecond: number;
  readonly checkpointsPerSecond: number;
  /** From the barrier to the commit, in milliseconds. */
  readonly committing: number;
  readonly cpu: number;
}

/** A handler waits for a millisecond each so many records: there is work all the time, and more of it than one checkpoint. */
const PAUSE_EVERY = 10;

/** What several checkpoints at once bring where intervals are short and brokers slow: `[records]`, 30,000 by default. */
export async function benchCheckpoints([given = '30000']: readonly string[]): Promise<Report> {
  const records = Number(given);
  return withBrokers(async (brokers) => {
    const proxy = await cuttingProxy(brokers[0] ?? '');
    const log = kafkaLog({ brokers: [proxy.address] });
    const orders = unique('orders');
    const names = unique('names');
    await log.createTopics([orders, names].map((name) => ({ name, partitions: PARTITIONS })));
    await produceOrders(log, { topic: orders, partitions: PARTITIONS }, manyOrders(0, records, KEYS));
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const delay of DELAYS) {
        for (const concurrent of CONCURRENT) {
          const totals = unique('totals');
          await log.createTopics([{ name: totals, partitions: PARTITIONS }]);
          proxy.slow(Object.values(WRITES), delay);
          let committing = 0;
          const cpu = process.cpuUsage();
          let handled = 0;
          const job = countJob(
            {
              async orders(order, ctx) {
                if (++handled % PAUSE_EVERY === 0) await sleep(1);
                countOrder(order, ctx);
              },
            },
            INTERVAL,
          );
          const { metrics, duration } = await run(job, {
            log,
            group: unique('bench'),
            topics: { orders, names, totals },
            until: 'latest',
            logger: false,
            concurrentCheckpoints: concurrent,
            onCheckpoint(info) {
              committing += info.duration;
            },
          });
          const { user, system } = process.cpuUsage(cpu);
          proxy.slow([], 0);
          if (metrics.records !== records) throw new Error(`${metrics.records} of ${records} records were processed`);
          rounds.push({
            delay,
            concurrent,
            recordsPerSecond: (records / duration) * 1000,
            checkpointsPerSecond: (metrics.checkpoints / duration) * 1000,
            committing: committing / metrics.checkpoints,
            cpu: (user + system) / 1e6,
          });
        }
      }
    }
    await log.close();
    await proxy.stop();
    const results = DELAYS.flatMap((delay) =>
      CONCURRENT.map((concurrent) => {
        const own = rounds.filter((each) => each.delay === delay && each.concurrent === concurrent);
        const of = (what: keyof Round): number => median(own.map((each) => each[what]));
        // Of the rounds beside each other: what disturbs the machine disturbs both.
        const alone = rounds.filter((each) => each.delay === delay && each.concurrent === 1);
        const ratio = (what: keyof Round): number => median(own.map((each, i) => each[what] / (alone[i]?.[what] ?? 1)));
        return {
          delay,
          concurrent,
          recordsPerSecond: Math.round(of('recordsPerSecond')),
          records: ratio('recordsPerSecond'),
          checkpointsPerSecond: of('checkpointsPerSecond'),
          checkpoints: ratio('checkpointsPerSecond'),
          committing: of('committing'),
          cpuSeconds: of('cpu'),
        };
      }),
    );
    const lines = results.map((each) =>
      [
        `${each.delay} ms`.padStart(6),
        String(each.concurrent).padStart(11),
        `${each.checkpointsPerSecond.toFixed(1)}`.padStart(15),
        `${each.checkpoints.toFixed(2)} x`.padStart(9),
        `${Math.round(each.recordsPerSecond / 1000)}k`.padStart(11),
        `${each.records.toFixed(2)} x`.padStart(9),
        `${each.committing.toFixed(1)} ms`.padStart(12),
        `${each.cpuSeconds.toFixed(2)}`.padStart(7),
      ].join(''),
    );
    const head = ' delay concurrent  checkpoints/s    ratio  records/s    ratio    a commit  CPU s';
    const title = `Checkpoints every ${INTERVAL} ms, ${records} records, as many at once as said, each write delayed, Node ${process.versions.node}`;
    return { name: 'kafka-checkpoints', title, table: [head, ...lines].join('\n'), results };
  });
}
