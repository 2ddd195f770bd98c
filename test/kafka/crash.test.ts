import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { askCoordinator } from '../../runtime/src/log/kafka/ask-coordinator.ts';
import { answeredError, type KafkaError } from '../../runtime/src/log/kafka/errors.ts';
import { addPartitionsToTxn } from '../../runtime/src/log/kafka/messages/add-partitions-to-txn.ts';
import { endTxnV1 } from '../../runtime/src/log/kafka/messages/end-txn.ts';
import { fetch } from '../../runtime/src/log/kafka/messages/fetch.ts';
import { initProducerId } from '../../runtime/src/log/kafka/messages/init-producer-id.ts';
import type { Answer, Message } from '../../runtime/src/log/kafka/messages/message.ts';
import { metadata } from '../../runtime/src/log/kafka/messages/metadata.ts';
import { retrying } from '../../runtime/src/log/kafka/transport/backoff.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { isLogError } from '../../runtime/src/log/port.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { newTopic, unique } from '../support/kafka/requests.ts';

await describeWithKafkaJars('a broker that dies', () => {
  let broker: Broker;
  let transport: KafkaTransport;
  beforeAll(async () => {
    broker = await startBroker();
    transport = await KafkaTransport.connect({ brokers: [broker.address], requestTimeout: 2000 }, systemClock);
  }, 60_000);
  afterAll(async () => {
    await transport?.close();
    await broker?.stop();
  });
  afterEach(() => broker.thaw());

  const kindOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'fine',
      (error) => (isLogError(error) ? error.kind : String(error)),
    );

  /** A long poll of a topic without records. */
  async function longPoll(topic: string, maxWait: number): Promise<unknown> {
    const { node } = await transport.leader({ topic, partition: 0 });
    const asked = {
      topicId: transport.topicId(topic) ?? '',
      partition: 0,
      currentLeaderEpoch: -1,
      offset: 0,
      lastFetchedEpoch: -1,
      maxBytes: 1000,
    };
    const limits = { maxWait, minBytes: 1, maxBytes: 1000, isolation: 'read-committed' as const };
    const request = { ...limits, sessionId: 0, sessionEpoch: -1, partitions: [asked], forgotten: [] };
    return transport.send(node, 'fetch', fetch, request, maxWait + 5000);
  }

  function atCoordinator<Request, Response extends Answer & { readonly error?: number }>(
    key: string,
    message: Message<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const failure = (answer: Response): KafkaError | undefined =>
      (answer.error ?? 0) === 0 ? undefined : answeredError(message.name, answer.error ?? 0, key);
    return askCoordinator(
      transport,
      { kind: 'transaction', key, channel: 'transaction', message, request, failure },
      25_000,
    );
  }

  test('fails what is under way at once, by its kind; the same transport goes on when it is back', async () => {
    const topic = await newTopic(transport);
    const transactionalId = unique('tx');
    const init = { transactionalId, transactionTimeout: 60_000, producerId: -1, epoch: -1 };
    const { producerId, epoch } = await atCoordinator(transactionalId, initProducerId, init);
    const id = { transactionalId, producerId, epoch };
    await atCoordinator(transactionalId, addPartitionsToTxn, { ...id, partitions: [{ topic, partition: 0 }] });

    const polling = kindOf(longPoll(topic, 20_000));
    await transport.send(1, 'control', metadata, { topics: [] });
    broker.freeze(); // so that EndTxn is written, and not answered
    const ending = kindOf(transport.send(1, 'transaction', endTxnV1, { ...id, commit: true }, 20_000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const start = performance.now();
    await broker.kill();
    expect(await Promise.all([polling, ending])).toEqual(['retriable', 'unknown-outcome']);
    // Long before any of them is given up.
    expect(performance.now() - start).toBeLessThan(15_000);

    // Down: nothing is sent, so anything may be repeated.
    expect(await kindOf(transport.send(1, 'transaction', endTxnV1, { ...id, commit: true }))).toBe('retriable');
    expect(await kindOf(transport.sendToAny(metadata, { topics: [] }))).toBe('retriable');
    const patient = retrying(systemClock, 60_000, () => transport.sendToAny(metadata, { topics: [topic] }));
    await broker.start();
    expect((await patient).topics[0]?.topic).toBe(topic);
    expect(await atCoordinator(transactionalId, endTxnV1, { ...id, commit: false })).toMatchObject({ error: 0 });
  }, 120_000);

  test('or sleeps: requests time out, and a fresh connection goes on when it wakes', async () => {
    await transport.send(1, 'transaction', metadata, { topics: [] });
    broker.freeze();
    const id = { transactionalId: unique('tx'), producerId: 1, epoch: 0 };
    const start = performance.now();
    const sent = [
      kindOf(transport.send(1, 'transaction', endTxnV1, { ...id, commit: true }, 500)),
      kindOf(transport.send(1, 'transaction', metadata, { topics: [] }, 20_000)),
    ];
    expect(await Promise.all(sent)).toEqual(['unknown-outcome', 'retriable']);
    expect(performance.now() - start).toBeLessThan(15_000);
    broker.thaw();
    // Sleep may have cost it its session with the controller: it answers, but is not yet ready for all.
    await retrying(systemClock, 20_000, () => transport.send(1, 'transaction', metadata, { topics: [] }));
  });
});
