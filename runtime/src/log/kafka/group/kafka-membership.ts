import { sleep } from '../../../time/clock.ts';
import { type Layout, sameLayout } from '../../layout.ts';
import {
  type GroupMember,
  type JoinOptions,
  type Membership,
  type MembershipListener,
  newSeat,
  type Seat,
} from '../../port.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { KafkaError } from '../errors.ts';
import type { JoinGroupResponse } from '../messages/join-group.ts';
import { pause } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { GroupRequests, type Identity, MEMBER_ID_REQUIRED } from './group-requests.ts';
import { Heartbeats } from './heartbeats.ts';
import { readShare, type Share, writeMemberData, writeShare } from './member-data.ts';
import { type GroupOptions, type GroupSettings, groupSettings } from './options.ts';
import { shareOut } from './share-out.ts';

/** A JoinGroup that is refused is answered at once; one that waits this long, in milliseconds, waits for other members. */
const ACCEPTED_AFTER = 250;

/**
 * Joins a group by Kafka's classic protocol. Resolves when the coordinator has accepted the member, which may then wait for
 * others to give tasks up. @throws KafkaError where it does not, for as long as `patience` says
 */
export async function joinKafkaGroup(
  transport: KafkaTransport,
  options: JoinOptions,
  listener: MembershipListener,
  groupOptions: GroupOptions = {},
): Promise<Membership> {
  const membership = new KafkaMembership(transport, options, listener, groupSettings(groupOptions));
  await membership.accepted;
  return membership;
}

/** One generation after another of a member: join, take on and give up tasks, until the group asks to join again. */
class KafkaMembership implements Membership {
  /** Rejects where the group does not take this member. */
  readonly accepted: Promise<void>;
  readonly #transport: KafkaTransport;
  readonly #options: JoinOptions;
  readonly #listener: MembershipListener;
  readonly #settings: GroupSettings;
  readonly #requests: GroupRequests;
  readonly #heartbeats: Heartbeats;
  #identity: Identity;
  /** Knows the identity as well, for the next incarnation. */
  readonly #seat: Seat;
  /** True where the group may not have noticed that an incarnation ended: then this one has its tasks, in the same generation. */
  #mayResume: boolean;
  /** Tasks that this member holds, also those that it is asked to give up, until it has. */
  #held: readonly number[] = [];
  #knows: Layout;
  /** What the group was told last of that. */
  #told: Layout | undefined;
  #follows: Layout = [];
  /** True where the group may not have listened: a static member is given its predecessor's share (KIP-345). */
  #unheard: boolean;
  /** Set when it is no member any more, or does not want to be. */
  #over = false;
  #isAccepted = false;
  readonly #accept: () => void;
  readonly #die = (): void => this.#stop();
  /** Called by a heartbeat that asks to rejoin. */
  #rebalance: () => void = () => undefined;

  constructor(transport: KafkaTransport, options: JoinOptions, listener: MembershipListener, settings: GroupSettings) {
    this.#transport = transport;
    this.#options = options;
    this.#knows = options.layout;
    this.#listener = listener;
    this.#settings = settings;
    const seat = (options.static ? options.seat : undefined) ?? newSeat();
    this.#mayResume = seat.generation >= 0 && seat.subscription === JSON.stringify(options.layout);
    if (this.#mayResume) this.#told = this.#knows;
    this.#unheard = options.static && !this.#mayResume;
    this.#identity = { memberId: seat.memberId, generation: seat.generation };
    this.#seat = seat;
    this.#requests = new GroupRequests(transport, settings, options);
    this.#heartbeats = new Heartbeats(
      transport.clock,
      settings.heartbeatInterval,
      () => this.#requests.beat(this.#identity),
      (error) => this.#beatFailed(error),
    );
    const accepted = Promise.withResolvers<void>();
    this.accepted = accepted.promise;
    this.#accept = () => {
      this.#isAccepted = true;
      accepted.resolve();
    };
    const { signal } = options;
    if (signal?.aborted === true) this.#stop();
    else signal?.addEventListener('abort', this.#die);
    void this.#live(accepted.reject);
  }

  member(): GroupMember {
    return { group: this.#options.group, ...this.#identity };
  }

  know(layout: Layout): void {
    if (sameLayout(layout, this.#knows)) return;
    this.#knows = layout;
    this.#rebalance();
  }

  async end({ leave }: { readonly leave: boolean }): Promise<void> {
    if (this.#over) return;
    this.#stop();
    const { memberId } = this.#identity;
    if (!leave || (memberId === '' && !this.#options.static)) return;
    try {
      await this.#requests.leave(memberId);
    } catch (error) {
      // Who does not hear of it finds out when the session is over. Who has no such member agrees.
      if (!(error instanceof KafkaError) || (error.kind !== 'retriable' && error.kind !== 'fenced')) throw error;
    }
  }

  #stop(): void {
    this.#over = true;
    this.#options.signal?.removeEventListener('abort', this.#die);
    this.#heartbeats.pause();
    this.#requests.hangUp();
    this.#rebalance();
  }

  #lose(cause: unknown): void {
    if (this.#over) return;
    this.#stop();
    this.#held = [];
    this.#listener.lost(replacedBy(cause) ? 'replaced' : 'expelled', cause);
  }

  async #live(refuse: (error: unknown) => void): Promise<void> {
    let reason = 'it is new';
    try {
      while (!this.#over) {
        const share = await this.#joinAndSync(reason);
        if (share === undefined || this.#over) break;
        reason = await this.#liveThrough(share);
      }
      this.#accept();
    } catch (error) {
      if (this.#over) this.#accept();
      else if (this.#isAccepted || replacedBy(error)) this.#lose(error);
      else this.#stop();
      refuse(error);
    }
  }

  /** A generation, from what it gives to the next JoinGroup; why that is. */
  async #liveThrough({ tasks, leaving, layout }: Share): Promise<string> {
    const added = tasks.filter((task) => !this.#held.includes(task));
    const missing = this.#held.filter((task) => !tasks.includes(task));
    // What a predecessor of a static member was to give up is given up by its death; the group is to hear of it.
    const moves = missing.length > 0 || leaving.length > 0;
    this.#follows = layout;
    const unheard = this.#unheard && !sameLayout(layout, this.#knows);
    this.#unheard = false;
    this.#held = [...this.#held, ...added];
    const rebalance = new Promise<void>((resolve) => {
      this.#rebalance = resolve;
    });
    this.#heartbeats.resume();
    this.#listener.assigned(added, layout);
    // What moves is given up in this generation: its last checkpoint is committed by a member that holds it (I4, I6).
    const news = this.#told !== this.#knows || unheard;
    if (!moves && !news) await rebalance;
    if (!this.#over) await this.#listener.revoked(missing);
    this.#held = this.#held.filter((task) => !missing.includes(task));
    this.#heartbeats.pause();
    if (moves) return 'it has given tasks up';
    return this.#told === this.#knows ? 'the group rebalances' : 'it has found topics or partitions';
  }

  /** The tasks of the next generation; undefined where this ended, or lost its place, meanwhile. */
  async #joinAndSync(reason: string): Promise<Share | undefined> {
    const { clock } = this.#transport;
    const since = clock.monotonic();
    for (let tries = 0; !this.#over; tries++) {
      try {
        const share = this.#mayResume ? await this.#resume() : await this.#sync(await this.#join(reason));
        this.#accept();
        return share;
      } catch (error) {
        if (this.#over) break;
        if (!this.#mayRejoin(error)) throw error;
        if (!this.#isAccepted && clock.monotonic() - since > this.#settings.patience) throw error;
        await sleep(clock, pause(clock, tries, error));
      }
    }
    return undefined;
  }

  /** After an error of JoinGroup or SyncGroup. A member that holds tasks, and missed a generation, has lost them. */
  #mayRejoin(error: unknown): boolean {
    if (!(error instanceof KafkaError)) return false;
    if (error.kind === 'retriable' || error.kafkaCode === ERROR_CODES.REBALANCE_IN_PROGRESS) return true;
    if (error.kind !== 'abortable' && error.kind !== 'fenced') return false;
    if (this.#held.length > 0 || replacedBy(error)) return false;
    // Only then is it new: by the id that it had the group would tell that another has its name (KIP-345).
    if (error.kafkaCode === ERROR_CODES.UNKNOWN_MEMBER_ID) this.#become('');
    return true;
  }

  async #join(reason: string): Promise<JoinGroupResponse> {
    const { instance } = this.#options;
    const { clock } = this.#transport;
    const { generation } = this.#identity;
    for (;;) {
      const { memberId } = this.#identity;
      this.#told = this.#knows;
      const data = { instance, tasks: this.#held, generation, knows: this.#knows, follows: this.#follows };
      await this.#requests.findCoordinator();
      // A new member without a name is given an id first, and waits for nobody.
      const known = memberId !== '' || this.#options.static;
      const callOff = known ? clock.after(ACCEPTED_AFTER, this.#accept) : () => undefined;
      try {
        const joined = await this.#requests.join(memberId, writeMemberData(data), reason);
        this.#become(joined.memberId);
        if (joined.error !== MEMBER_ID_REQUIRED) return joined;
      } finally {
        callOff();
      }
    }
  }

  async #sync(joined: JoinGroupResponse): Promise<Share> {
    const { memberId, generation, leader, skipAssignment, members } = joined;
    const leads = leader === memberId && !skipAssignment;
    const shares = leads ? [...shareOut(members)] : [];
    const assignments = shares.map(([id, share]) => ({ memberId: id, assignment: writeShare(share) }));
    const assignment = await this.#requests.sync({ memberId, generation }, assignments);
    this.#become(memberId, generation);
    this.#seat.subscription = JSON.stringify(this.#told);
    return this.#shareOf(assignment);
  }

  /** Where no rebalance is under way, the coordinator says once more what this member has. */
  async #resume(): Promise<Share> {
    try {
      await this.#requests.findCoordinator();
      return this.#shareOf(await this.#requests.sync(this.#identity, []));
    } catch (error) {
      this.#mayResume = error instanceof KafkaError && error.kind === 'retriable';
      throw error;
    }
  }

  #shareOf(assignment: Buffer): Share {
    return readShare(assignment) ?? { tasks: [], leaving: [], layout: this.#follows };
  }

  #become(memberId: string, generation: number = this.#identity.generation): void {
    this.#identity = { memberId, generation };
    Object.assign(this.#seat, this.#identity);
  }

  #beatFailed(error: unknown): void {
    const code = error instanceof KafkaError ? error.kafkaCode : undefined;
    if (code === ERROR_CODES.REBALANCE_IN_PROGRESS) this.#rebalance();
    else if (!(error instanceof KafkaError) || error.kind !== 'retriable') this.#lose(error);
  }
}

function replacedBy(error: unknown): boolean {
  return error instanceof KafkaError && error.kafkaCode === ERROR_CODES.FENCED_INSTANCE_ID;
}
