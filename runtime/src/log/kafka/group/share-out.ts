import { agree, shareAgreed } from '../../layout.ts';
import { type MemberData, readMemberData, type Share } from './member-data.ts';

interface Joined {
  readonly memberId: string;
  readonly metadata: Buffer;
}

/**
 * What the leader of a group gives to each member, by member id (cooperative, KIP-429): evenly, and each keeps what it may.
 * A task that is to move is given to nobody yet: its owner sees that it is missing, gives it up, and all join again.
 */
export function shareOut(members: readonly Joined[]): ReadonlyMap<string, Share> {
  // In an order that does not depend on who joined first.
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const data = sorted.map(({ metadata }) => readMemberData(metadata));
  const owners = ownersOf(data);
  const held = data.map((_, i) => [...owners].filter(([, owner]) => owner === i).map(([task]) => task));
  const agreement = agree(data);
  const { layout } = agreement;
  const shares = shareAgreed(agreement, held);
  return new Map(
    sorted.map(({ memberId }, i) => {
      const share = (shares[i] ?? []).filter((task) => {
        const owner = owners.get(task);
        return owner === undefined || owner === i;
      });
      return [memberId, { tasks: share, leaving: (held[i] ?? []).filter((task) => !share.includes(task)), layout }];
    }),
  );
}

/** Index of the member that holds each task. Of two that say so, it is the one that was told last. */
function ownersOf(data: readonly (MemberData | undefined)[]): ReadonlyMap<number, number> {
  const owners = new Map<number, number>();
  const told = (i: number | undefined): number => (i === undefined ? -2 : (data[i]?.generation ?? -2));
  data.forEach((member, i) => {
    for (const task of member?.tasks ?? []) if (told(i) > told(owners.get(task))) owners.set(task, i);
  });
  return owners;
}
