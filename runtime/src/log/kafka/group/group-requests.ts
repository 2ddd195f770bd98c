import type { JoinOptions } from '../../port.ts';
import { withLimits } from '../admin/broker-limits.ts';
import { askCoordinatorOnce } from '../ask-coordinator.ts';
import { answeredError, KafkaError } from '../errors.ts';
import { heartbeat } from '../messages/heartbeat.ts';
import { type JoinGroupResponse, joinGroup } from '../messages/join-group.ts';
import { leaveGroup } from '../messages/leave-group.ts';
import type { Answer, Message } from '../messages/message.ts';
import { syncGroup } from '../messages/sync-group.ts';
import type { ChannelName, KafkaTransport } from '../transport/transport.ts';
import { clientIdSuffix, PROTOCOL_NAME } from './member-data.ts';
import type { GroupSettings } from './options.ts';

/** Beyond what the coordinator itself may take, in milliseconds. */
const MARGIN = 10_000;

export interface Identity {
  readonly memberId: string;
  readonly generation: number;
}

/** The requests of one member to the coordinator of its group, each tried once. @throws KafkaError */
export class GroupRequests {
  readonly #transport: KafkaTransport;
  readonly #settings: GroupSettings;
  readonly #group: string;
  /** Null for a member without a fixed name. */
  readonly #instanceId: string | null;
  /**
   * This member's own: a coordinator that waits for other members answers nothing else there meanwhile. There are no
   * heartbeats then; between generations they go here, where no offsets are in front of them that wait for replicas.
   */
  readonly #own: ChannelName;
  #hungUp = false;

  constructor(transport: KafkaTransport, settings: GroupSettings, options: JoinOptions) {
    const { group, instance } = options;
    this.#transport = transport;
    this.#settings = settings;
    this.#group = group;
    this.#instanceId = options.static ? instance : null;
    // Its own also where a predecessor of that name is in this process.
    this.#own = `group ${group} ${transport.clock.random()}`;
    // I16: others are to know at any time whether this instance is there.
    transport.introduce(this.#own, clientIdSuffix(instance));
  }

  async findCoordinator(): Promise<void> {
    await this.#transport.coordinator('group', this.#group);
  }

  async join(memberId: string, metadata: Buffer, reason: string): Promise<JoinGroupResponse> {
    const { sessionTimeout, rebalanceTimeout } = this.#settings;
    const request = {
      group: this.#group,
      sessionTimeout,
      rebalanceTimeout,
      memberId,
      instanceId: this.#instanceId,
      protocols: [{ name: PROTOCOL_NAME, metadata }],
      reason,
    };
    try {
      return await this.#ask(this.#own, joinGroup, request, ({ error }) => error, rebalanceTimeout + MARGIN);
    } catch (error) {
      throw await withLimits(this.#transport, { kind: 'group', key: this.#group }, error, {
        error: 'INVALID_SESSION_TIMEOUT',
        setting: 'sessionTimeout',
        value: sessionTimeout,
        limits: ['group.min.session.timeout.ms', 'group.max.session.timeout.ms'],
      });
    }
  }

  async sync(
    identity: Identity,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  ): Promise<Buffer> {
    const request = { ...this.#member(identity), protocol: PROTOCOL_NAME, assignments };
    const timeout = this.#settings.rebalanceTimeout + MARGIN;
    return (await this.#ask(this.#own, syncGroup, request, ({ error }) => error, timeout)).assignment;
  }

  async beat(identity: Identity): Promise<void> {
    // Where a connection is dead without a sign of it, there is time left for another.
    const timeout = this.#settings.sessionTimeout / 3;
    await this.#ask(this.#own, heartbeat, this.#member(identity), ({ error }) => error, timeout);
  }

  async leave(memberId: string): Promise<void> {
    const members = [{ memberId, instanceId: this.#instanceId }];
    const request = { group: this.#group, members, reason: 'the job ends' };
    await this.#ask('offsets', leaveGroup, request, ({ error }) => error, this.#settings.sessionTimeout);
  }

  /** What waits for other members fails at once. From then on the member may leave, and say nothing else. */
  hangUp(): void {
    this.#hungUp = true;
    this.#transport.drop(this.#own, 'the member ended');
  }

  #member({
    memberId,
    generation,
  }: Identity): Identity & { readonly group: string; readonly instanceId: string | null } {
    return { group: this.#group, memberId, generation, instanceId: this.#instanceId };
  }

  #ask<Request, Response extends Answer>(
    channel: ChannelName,
    message: Message<Request, Response>,
    request: Request,
    code: (answer: Response) => number,
    timeout: number,
  ): Promise<Response> {
    if (this.#hungUp && channel === this.#own) {
      const reason = `${message.name} was not sent: the member of group ${this.#group} ended`;
      return Promise.reject(new KafkaError('retriable', message.name, reason));
    }
    const failure = (answer: Response): KafkaError | undefined => {
      const error = code(answer);
      // MEMBER_ID_REQUIRED is an answer: it holds the id to join with.
      if (error === 0 || error === MEMBER_ID_REQUIRED) return undefined;
      return answeredError(message.name, error, `group ${this.#group}`);
    };
    const to = { kind: 'group', key: this.#group, channel } as const;
    return askCoordinatorOnce(this.#transport, { ...to, message, request, failure, timeout });
  }
}

export const MEMBER_ID_REQUIRED = 79;
