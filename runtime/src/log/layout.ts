import { shareTasks } from './share-tasks.ts';

/** A topic that tasks read. */
export interface LayoutTopic {
  readonly topic: string;
  /** How many of its partitions are read. 0 says that the topic is gone. */
  readonly partitions: number;
  /** True where each instance reads all of it: it makes no tasks. */
  readonly global: boolean;
}

/** What the tasks of a group are made of: task p reads partition p of each topic that has one. One entry for each topic. */
export type Layout = readonly LayoutTopic[];

/** As many as the topic with the most partitions has. */
export function tasksOf(layout: Layout): number {
  return layout.reduce((most, { partitions, global }) => (global ? most : Math.max(most, partitions)), 0);
}

export function sameLayout(a: Layout, b: Layout): boolean {
  return a.length === b.length && a.every((each) => partitionsIn(b, each.topic) === each.partitions);
}

/** True where `knows` has all that `layout` has; of a topic that is gone, that is enough to know. */
export function covers(knows: Layout, layout: Layout): boolean {
  return layout.every(({ topic, partitions }) => {
    const known = partitionsIn(knows, topic);
    return known !== undefined && (known === 0 || known >= partitions);
  });
}

function partitionsIn(layout: Layout, topic: string): number | undefined {
  return layout.find((each) => each.topic === topic)?.partitions;
}

/** What a member of a group says of itself. */
export interface LayoutMember {
  /** What it found in the log. */
  readonly knows: Layout;
  /** What it was told to follow, in `generation`. */
  readonly follows: Layout;
  /** -1 for who was never told anything. */
  readonly generation: number;
}

export interface Agreement {
  /** What all members follow from this generation on. */
  readonly layout: Layout;
  /** Of each member, whether it may have tasks: others have not found yet what the group follows already. */
  readonly informed: readonly boolean[];
}

/**
 * What members read together. New topics and partitions are followed when all members have found them, all in one generation,
 * so that nobody commits for a task without positions that others have committed (I4, I23). A topic is gone when one
 * member says so. Undefined is a member that cannot be understood: it has no say, and no tasks.
 */
export function agree(all: readonly (LayoutMember | undefined)[]): Agreement {
  const members = all.filter((member) => member !== undefined);
  // Who has come again in its generation has not heard yet what it follows.
  const told = members.filter(({ generation, knows, follows }) => {
    return generation >= 0 && follows.length > 0 && covers(knows, follows);
  });
  const last = told.reduce<LayoutMember | undefined>(
    (latest, member) => (latest === undefined || member.generation > latest.generation ? member : latest),
    undefined,
  );
  const gone = new Set(
    members.flatMap(({ knows }) => knows.flatMap((each) => (each.partitions > 0 ? [] : each.topic))),
  );
  const followed = (last?.follows ?? []).filter(({ topic }) => !gone.has(topic));
  const informed = all.map((member) => member !== undefined && covers(member.knows, followed));
  const [first, ...others] = members.flatMap(({ knows }) => (covers(knows, followed) ? [knows] : []));
  const layout = (first ?? []).flatMap((each): LayoutTopic[] => {
    if (gone.has(each.topic)) return [];
    const counts = others.map((knows) => partitionsIn(knows, each.topic) ?? 0);
    const partitions = Math.min(each.partitions, ...counts);
    return partitions === 0 ? [] : [{ ...each, partitions }];
  });
  return { layout, informed };
}

/** Spreads the tasks of a layout over the members that may have some; `held` and the answer are in their order. */
export function shareAgreed({ layout, informed }: Agreement, held: readonly (readonly number[])[]): number[][] {
  const shares = shareTasks(
    held.filter((_, i) => informed[i]),
    tasksOf(layout),
  );
  return informed.map((may) => (may ? (shares.shift() ?? []) : []));
}
