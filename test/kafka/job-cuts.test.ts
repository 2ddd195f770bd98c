import { run } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { type Cut, type CuttingProxy, cuttingProxy } from '../support/kafka/cutting-proxy.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { decidedValues } from '../support/kafka/producing.ts';
import { unique } from '../support/kafka/requests.ts';
import { countJob, countOrder, type Total } from '../task/count-job.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';
import { compare, type Verdict } from './chaos/verdict.ts';

const ORDERS = manyOrders(0, 40, 6);
const PARTITIONS = 2;
/** Lives that are led at once: most of each is waiting. */
const AT_ONCE = 8;

await describeKafka('a whole job', (brokers) => {
  let direct: KafkaLog;
  let reader: KafkaTransport;
  beforeAll(async () => {
    direct = kafkaLog({ brokers });
    reader = await KafkaTransport.connect({ brokers }, systemClock);
  });
  afterAll(async () => {
    await direct?.close();
    await reader?.close();
  });

  /** One life of a job with state and a table, over all its records, with several checkpoints. */
  async function life(
    plan: (proxy: CuttingProxy) => void,
  ): Promise<{ readonly verdict: Verdict; readonly seen: number[] }> {
    const topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
    await direct.createTopics(Object.values(topics).map((name) => ({ name, partitions: PARTITIONS })));
    await produceOrders(direct, { topic: topics.orders, partitions: PARTITIONS }, ORDERS);
    const proxy = await cuttingProxy(brokers[0] ?? '');
    plan(proxy);
    const log = kafkaLog({ brokers: [proxy.address] });
    const slowly: typeof countOrder = async (order, ctx) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await countOrder(order, ctx);
    };
    try {
      const job = countJob({ orders: slowly }, 30);
      await run(job, { log, topics, group: unique('group'), instance: 'a', until: 'latest', logger: false });
      const outputs = [0, 1].map((partition) => decidedValues(reader, { topic: topics.totals, partition }));
      const totals = (await Promise.all(outputs)).flat().map((text) => JSON.parse(text) as Total);
      return { verdict: compare(ORDERS, totals), seen: proxy.seen };
    } finally {
      await log.close();
      await proxy.stop();
    }
  }

  test('counts each record once, at whichever request its connection is cut, before the broker gets it or after', async () => {
    const { verdict, seen } = await life(() => undefined);
    const exactly = { inputs: ORDERS.length, outputs: ORDERS.length, wrong: [] };
    expect(verdict).toEqual(exactly);
    // Produce, Fetch, ListOffsets, Metadata, OffsetFetch, FindCoordinator, JoinGroup, SyncGroup, LeaveGroup, ApiVersions,
    // CreateTopics, InitProducerId, EndTxn, TxnOffsetCommit.
    for (const apiKey of [0, 1, 2, 3, 9, 10, 11, 14, 13, 18, 19, 22, 26, 28])
      expect(seen, `${apiKey}`).toContain(apiKey);
    const cuts = seen.flatMap((apiKey, index) =>
      (['before', 'after'] as const).map((fate): { apiKey: number; index: number; fate: Cut } => ({
        apiKey,
        index,
        fate,
      })),
    );
    const wrong: object[] = [];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let cut = cuts.pop(); cut !== undefined; cut = cuts.pop()) {
          const { index, fate } = cut;
          const outcome = await life((proxy) => proxy.cutAt(index, fate)).catch(String);
          const found = typeof outcome === 'string' ? outcome : outcome.verdict;
          if (JSON.stringify(found) !== JSON.stringify(exactly)) wrong.push({ ...cut, found });
        }
      }),
    );
    expect(wrong).toEqual([]);
  }, 300_000);
});
