import type { Log } from '@kgen/runtime';

/** What happens to a process at one of its requests to the log. */
export type Fate =
  | 'lives'
  /** It dies before the request is sent. */
  | 'dies-before'
  /** It dies after the request was applied: nobody hears the answer. */
  | 'dies-after';

export interface MortalLog {
  readonly log: Log;
  /** Resolves when the process has died. */
  readonly death: Promise<void>;
  /** Requests made so far, by name. */
  readonly requests: string[];
}

/**
 * The log as one process sees it. When the process dies, nothing of it reaches the log any more, and none of its requests is
 * ever answered; its session ends. `fate` decides at each request, which includes each record appended.
 */
export function mortalLog(log: Log, fate: (request: string, index: number) => Fate): MortalLog {
  let dead = false;
  const death = Promise.withResolvers<void>();
  const requests: string[] = [];
  const onDeath: (() => void)[] = [];
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
  const die = (): void => {
    dead = true;
    for (const call of onDeath) call();
    death.resolve();
  };
  const decide = (request: string): Fate => {
    requests.push(request);
    return fate(request, requests.length - 1);
  };
  const request = async <T>(name: string, send: () => Promise<T>): Promise<T> => {
    if (dead) return never();
    const what = decide(name);
    if (what === 'dies-before') {
      die();
      return never();
    }
    const answer = await send();
    if (what === 'dies-after') die();
    return dead ? never() : answer;
  };
  const mortal: Log = {
    topics: (names) => request('topics', () => log.topics(names)),
    createTopics: (topics) => request('createTopics', () => log.createTopics(topics)),
    deleteTopics: (topics) => request('deleteTopics', () => log.deleteTopics(topics)),
    topicSettings: (topic) => request('topicSettings', () => log.topicSettings(topic)),
    commitOffsets: (member, offsets) => request('commitOffsets', () => log.commitOffsets(member, offsets)),
    idempotentProducer: () =>
      request('idempotentProducer', async () => {
        const producer = await log.idempotentProducer();
        return {
          producerId: producer.producerId,
          epoch: producer.epoch,
          append(record) {
            if (dead) return undefined;
            const what = decide('append');
            if (what !== 'dies-before') producer.append(record);
            if (what !== 'lives') die();
            return undefined;
          },
          flush: () => request('flush', () => producer.flush()),
          reset: () => request('reset', () => producer.reset()),
          close: () => producer.close(),
        };
      }),
    openTransactions: (prefix) => request('openTransactions', () => log.openTransactions(prefix)),
    offsetsAt: (times) => request('offsetsAt', () => log.offsetsAt(times)),
    epochEnds: (positions) => request('epochEnds', () => log.epochEnds(positions)),
    undecided: (partitions) => request('undecided', () => log.undecided(partitions)),
    instances: (group) => request('instances', () => log.instances(group)),
    committedOffsets: (group, partitions) => request('committedOffsets', () => log.committedOffsets(group, partitions)),
    bounds: (partitions) => request('bounds', () => log.bounds(partitions)),
    source(isolation) {
      const source = log.source(isolation);
      return {
        assign: (partitions) => source.assign(partitions),
        unassign: (partitions) => source.unassign(partitions),
        pause: (partition) => source.pause(partition),
        resume: (partition) => source.resume(partition),
        wake: () => source.wake(),
        close: () => source.close(),
        poll: (wait) => request('poll', () => source.poll(wait)),
      };
    },
    producer: (id) =>
      request('producer', async () => {
        const producer = await log.producer(id);
        return {
          producerId: producer.producerId,
          epoch: producer.epoch,
          append(record) {
            if (dead) return undefined;
            const what = decide('append');
            if (what !== 'dies-before') producer.append(record);
            if (what !== 'lives') die();
            return undefined;
          },
          seal() {
            if (!dead) producer.seal();
          },
          hold() {
            if (!dead) producer.hold();
          },
          release() {
            if (!dead) producer.release();
          },
          flush: () => request('flush', () => producer.flush()),
          commitOffsets: (member, offsets) => request('commitOffsets', () => producer.commitOffsets(member, offsets)),
          commit: () => request('commit', () => producer.commit()),
          abort: () => request('abort', () => producer.abort()),
          close: () => producer.close(),
        };
      }),
    join: (options, listener) =>
      request('join', async () => {
        const membership = await log.join(options, {
          revoked: (tasks) => (dead ? never() : listener.revoked(tasks)),
          assigned: (tasks, layout) => (dead ? undefined : listener.assigned(tasks, layout)),
          lost: (why) => (dead ? undefined : listener.lost(why)),
        });
        onDeath.push(() => void membership.end({ leave: false }));
        if (dead) void membership.end({ leave: false });
        return {
          member: () => membership.member(),
          know: (layout) => membership.know(layout),
          end: (how) => request('end', () => membership.end(how)),
        };
      }),
  };
  return { log: mortal, death: death.promise, requests };
}
