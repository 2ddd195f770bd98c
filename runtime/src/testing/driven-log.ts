import type {
  IdempotentProducer,
  JoinOptions,
  Log,
  Membership,
  MembershipListener,
  TransactionalProducer,
} from '../log/port.ts';
import type { Failures } from './failures.ts';

/** A member of the group, and who is told of it. */
export interface DrivenMember {
  readonly membership: Membership;
  readonly listener: MembershipListener;
}

/** The log as the job sees it: requests fail where the test says so. `joined` is told of each member. */
export function drivenLog(log: Log, failures: Failures, joined: (member: DrivenMember) => void): Log {
  return {
    ...log,
    producer: (id, options) =>
      failures.ask('start', async () => drivenProducer(await log.producer(id, options), failures)),
    idempotentProducer: (options) =>
      failures.ask('start', async () => drivenOutputs(await log.idempotentProducer(options), failures)),
    commitOffsets: (member, offsets) => failures.ask('offsets', () => log.commitOffsets(member, offsets)),
    async join(options: JoinOptions, listener: MembershipListener): Promise<Membership> {
      const membership = await log.join(options, listener);
      joined({ membership, listener });
      return membership;
    },
  };
}

function drivenProducer(producer: TransactionalProducer, failures: Failures): TransactionalProducer {
  return {
    get producerId() {
      return producer.producerId;
    },
    get epoch() {
      return producer.epoch;
    },
    append: (record) => failures.tell('produce', () => producer.append(record)),
    seal: () => producer.seal(),
    hold: () => producer.hold(),
    release: () => producer.release(),
    flush: () => failures.ask('produce', () => producer.flush()),
    commitOffsets: (member, offsets) => failures.ask('offsets', () => producer.commitOffsets(member, offsets)),
    commit: () => failures.ask('commit', () => producer.commit()),
    abort: () => failures.ask('abort', () => producer.abort()),
    close: () => producer.close(),
  };
}

function drivenOutputs(producer: IdempotentProducer, failures: Failures): IdempotentProducer {
  return {
    producerId: producer.producerId,
    epoch: producer.epoch,
    append: (record) => failures.tell('produce', () => producer.append(record)),
    flush: () => producer.flush(),
    reset: () => producer.reset(),
    close: () => producer.close(),
  };
}
