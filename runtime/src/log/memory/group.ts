import type { Clock } from '../../time/clock.ts';
import { agree, type Layout, sameLayout, shareAgreed } from '../layout.ts';
import type { GroupMember, JoinOptions, LossReason, Membership, MembershipListener } from '../port.ts';

export interface GroupTimeouts {
  /** How long a member that ended without leaving keeps its tasks, in milliseconds. */
  readonly session: number;
  /** How long a member may take to give tasks up before it is expelled, in milliseconds. */
  readonly rebalance: number;
}

interface Member {
  readonly id: string;
  readonly instance: string;
  readonly listener: MembershipListener;
  knows: Layout;
  /** What it was told in `generation`. */
  follows: Layout;
  tasks: readonly number[];
  /** -1 before its first assignment. */
  generation: number;
  /** True when it ended without leaving: it is asked nothing any more. */
  silent: boolean;
  /** Called when it is no member any more. */
  onGone: () => void;
}

/** One consumer group: who is a member, in which generation, with which tasks. Members rejoin all together. */
export class Group {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #timeouts: GroupTimeouts;
  readonly #members = new Map<string, Member>();
  #generation = 0;
  #joined = 0;
  #rebalancing = false;
  #stale = false;

  constructor(name: string, clock: Clock, timeouts: GroupTimeouts) {
    this.#name = name;
    this.#clock = clock;
    this.#timeouts = timeouts;
  }

  /** The generation in which a member's commits count; undefined for who is no member. */
  generationOf(memberId: string): number | undefined {
    return this.#members.has(memberId) ? this.#generation : undefined;
  }

  instances(): string[] {
    return Array.from(this.#members.values(), (member) => member.instance);
  }

  join(options: JoinOptions, listener: MembershipListener): Membership {
    const { signal } = options;
    if (signal?.aborted === true) return over(this.#name);
    const { instance, layout, seat } = options;
    const predecessor = options.static
      ? [...this.#members.values()].find((member) => member.instance === instance)
      : undefined;
    // Who was a member under that name before, and is one no more, is told so, and the other stays (KIP-345).
    if (predecessor !== undefined && seat !== undefined && !['', predecessor.id].includes(seat.memberId)) {
      listener.lost('replaced');
      return over(this.#name);
    }
    const id = `${instance}#${++this.#joined}`;
    if (seat !== undefined && options.static) seat.memberId = id;
    const member: Member = {
      id,
      instance,
      listener,
      knows: layout,
      follows: [],
      tasks: [],
      generation: -1,
      silent: false,
      onGone: () => undefined,
    };
    const moves =
      this.#rebalancing ||
      predecessor === undefined ||
      predecessor.generation < 0 ||
      !sameLayout(predecessor.knows, layout);
    this.#members.set(id, member);
    if (predecessor !== undefined) this.#dismiss(predecessor, 'replaced');
    if (moves) this.#rebalance();
    else this.#assign(member, predecessor.tasks, predecessor.follows);
    const end = (leave: boolean): void => {
      if (member.silent) return;
      member.silent = true;
      signal?.removeEventListener('abort', die);
      if (leave || this.#timeouts.session <= 0) this.#remove(member);
      else this.#clock.after(this.#timeouts.session, () => this.#remove(member));
    };
    const die = (): void => end(false);
    signal?.addEventListener('abort', die);
    return {
      member: (): GroupMember => ({ group: this.#name, memberId: id, generation: member.generation }),
      know: (known) => {
        if (sameLayout(member.knows, known)) return;
        member.knows = known;
        if (!member.silent && this.#members.has(id)) this.#rebalance();
      },
      end: async ({ leave }) => end(leave),
    };
  }

  #remove(member: Member): void {
    if (!this.#members.delete(member.id)) return;
    member.onGone();
    this.#rebalance();
  }

  #dismiss(member: Member, why: LossReason): void {
    this.#members.delete(member.id);
    member.onGone();
    if (!member.silent) member.listener.lost(why);
  }

  #expel(member: Member): void {
    this.#dismiss(member, 'expelled');
    this.#rebalance();
  }

  #rebalance(): void {
    this.#stale = true;
    if (this.#rebalancing) return;
    this.#rebalancing = true;
    void this.#rebalanceUntilStable();
  }

  async #rebalanceUntilStable(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      const members = [...this.#members.values()];
      const agreement = agree(members);
      const shares = shareAgreed(
        agreement,
        members.map((member) => member.tasks),
      );
      await Promise.all(members.map((member, i) => this.#prepare(member, shares[i] ?? [])));
      this.#generation++;
      members.forEach((member, i) => {
        if (this.#members.has(member.id)) this.#assign(member, shares[i] ?? [], agreement.layout);
      });
    }
    this.#rebalancing = false;
  }

  /** Resolves when the member is ready for the next generation, or gone. */
  #prepare(member: Member, share: readonly number[]): Promise<void> {
    if (member.generation < 0) return Promise.resolve();
    const revoked = member.tasks.filter((task) => !share.includes(task));
    return new Promise((resolve) => {
      const callOff = this.#clock.after(this.#timeouts.rebalance, () => this.#expel(member));
      const ready = (): void => {
        callOff();
        resolve();
      };
      member.onGone = ready;
      if (member.silent) return;
      member.listener.revoked(revoked).then(ready, () => this.#expel(member));
    });
  }

  #assign(member: Member, share: readonly number[], layout: Layout): void {
    const added = share.filter((task) => !member.tasks.includes(task));
    member.tasks = share;
    member.follows = layout;
    member.generation = this.#generation;
    if (!member.silent) member.listener.assigned(added, layout);
  }
}

/** Of a member that died before it joined. */
function over(group: string): Membership {
  return { member: () => ({ group, memberId: '', generation: -1 }), know: () => undefined, end: async () => undefined };
}
