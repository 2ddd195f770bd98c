import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaTransport } from '../../../runtime/src/log/kafka/transport/transport.ts';
import { freePorts } from '../process-server.ts';
import { describeReplicas, type Replicas } from './administration.ts';
import { type Broker, startBroker } from './broker.ts';

/** Several brokers, each with a replica of everything; two of them in sync suffice to write. */
export interface BrokerCluster {
  readonly addresses: readonly string[];
  /** By its id. */
  broker(node: number): Broker;
  stop(): Promise<void>;
}

/** Three of them: as few as go on when one dies. All are controllers as well. */
export async function startCluster(): Promise<BrokerCluster> {
  const nodes = [1, 2, 3];
  const ports = await freePorts(2 * nodes.length);
  const controllers = ports.slice(0, nodes.length);
  const voters = nodes.map((node, i) => `${node}@127.0.0.1:${controllers[i]}`).join();
  const started = await Promise.allSettled(
    nodes.map((node, i) =>
      startBroker({
        ports: [controllers[i] ?? 0, ports[nodes.length + i] ?? 0],
        jvm: ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'],
        properties: {
          'node.id': String(node),
          'controller.quorum.voters': voters,
          'default.replication.factor': '3',
          'min.insync.replicas': '2',
          'offsets.topic.replication.factor': '3',
          'transaction.state.log.replication.factor': '3',
          'transaction.state.log.min.isr': '2',
          // Leaders move when a test says so.
          'auto.leader.rebalance.enable': 'false',
          'replica.lag.time.max.ms': '3000',
        },
      }),
    ),
  );
  const brokers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.stop()));
  };
  const failed = started.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    addresses: brokers.map(({ address }) => address),
    broker(node) {
      const found = brokers[nodes.indexOf(node)];
      if (found === undefined) throw new Error(`there is no broker ${node}`);
      return found;
    },
    stop,
  };
}

/** Asks until the answer is as it should be; brokers that start need their time. */
export async function replicas(
  transport: KafkaTransport,
  accept: (partitions: readonly Replicas[]) => boolean,
): Promise<readonly Replicas[]> {
  let last: unknown;
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    try {
      const { partitions } = await transport.sendToAny(describeReplicas, null);
      if (accept(partitions)) return partitions;
      last = partitions.filter(({ all, inSync }) => inSync.length < all.length);
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`brokers did not come to what was waited for: ${JSON.stringify(last)}`);
}

/** Every replica has everything: any of them may go. */
export function wholeAgain(transport: KafkaTransport): Promise<readonly Replicas[]> {
  return replicas(transport, (partitions) => partitions.every(({ all, inSync }) => inSync.length === all.length));
}
