import { type Layout, type LayoutTopic, sameLayout } from '../../log/layout.ts';
import { JobError } from '../job-error.ts';
import { isKeyed, type JobPlan, type PlannedInput, type PlannedTopic } from './plan.ts';
import { checkDistinct, countTasks, type FoundTopics, topicsOf } from './planned-topics.ts';

/** All topics that a job reads, in the order of their names. */
export function layoutOf({ streams, tables }: JobPlan): Layout {
  return [...streams, ...tables]
    .flatMap(({ topics, global }) => topics.map(({ name, partitions }) => ({ topic: name, partitions, global })))
    .sort((a, b) => (a.topic < b.topic ? -1 : 1));
}

/**
 * The plan with topics and partitions that have come since; itself where there are none. Nothing gets less by it: that a topic
 * is gone takes longer to tell.
 * @throws JobError where the job cannot go on with them
 */
export function grown(plan: JobPlan, found: FoundTopics, looks: (input: PlannedInput) => boolean): JobPlan {
  const keyed = isKeyed(plan);
  const grow = (input: PlannedInput): PlannedInput => {
    if (!looks(input)) return input;
    const topics = grownTopics(input, topicsOf(input.topic, found, plan.naming), keyed && !input.global);
    return topics === input.topics ? input : { ...input, topics };
  };
  const [streams, tables] = [plan.streams.map(grow), plan.tables.map(grow)];
  if ([...streams, ...tables].every((input) => plan.streams.includes(input) || plan.tables.includes(input)))
    return plan;
  checkDistinct([...streams, ...tables]);
  return { ...plan, streams, tables, tasks: countTasks([...streams, ...tables], keyed) };
}

function grownTopics(
  { topics }: PlannedInput,
  now: ReturnType<typeof topicsOf>,
  keyed: boolean,
): readonly PlannedTopic[] {
  const found = new Map(now.map(({ route }) => [route.name, route]));
  const kept = topics.map((topic) => {
    const { partitions = 0 } = found.get(topic.name) ?? {};
    found.delete(topic.name);
    if (partitions <= topic.partitions) return topic;
    if (keyed) throw partitionsChanged([{ topic: topic.name, now: partitions }], topic.partitions);
    return { ...topic, partitions };
  });
  if (found.size === 0 && kept.every((topic) => topics.includes(topic))) return topics;
  return [...kept, ...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Outputs that have grown get records in their new partitions from now on, as with Kafka's own producer. */
export function growOutputs(plan: JobPlan, found: FoundTopics): void {
  for (const { topic, routes } of plan.outputs) {
    for (const { declared, route } of topicsOf(topic, found, plan.naming)) {
      const known = routes.get(declared);
      if (known === undefined) routes.set(declared, { topic: route.name, partitions: route.partitions });
      else known.partitions = Math.max(known.partitions, route.partitions);
    }
  }
}

/** What a group follows of what is known here. */
export function following(plan: JobPlan, layout: Layout): JobPlan {
  const followed = new Map(layout.map((each) => [each.topic, each.partitions]));
  const follow = (input: PlannedInput): PlannedInput => {
    const topics = input.topics.flatMap((topic) => {
      const partitions = followed.get(topic.name);
      return partitions === undefined ? [] : [{ ...topic, partitions }];
    });
    return { ...input, topics };
  };
  const [streams, tables] = [plan.streams.map(follow), plan.tables.map(follow)];
  return { ...plan, streams, tables, tasks: countTasks([...streams, ...tables], isKeyed(plan)) };
}

/** True where the table of that name has the same topics and partitions in both plans. */
export function sameTopics(one: JobPlan, other: JobPlan, table: string): boolean {
  const of = ({ tables }: JobPlan): JobPlan => ({
    ...one,
    streams: [],
    tables: tables.filter(({ name }) => name === table),
  });
  return sameLayout(layoutOf(of(one)), layoutOf(of(other)));
}

/** Topics of `plan` that are not in the log. */
export function missingTopics(plan: JobPlan, found: FoundTopics): readonly string[] {
  return layoutOf(plan).flatMap(({ topic }) => (found.has(topic) ? [] : [topic]));
}

/** The plan without topics that are gone, and what the group is told of them. */
export function without(plan: JobPlan, gone: ReadonlySet<string>): JobPlan {
  const keep = (input: PlannedInput): PlannedInput => {
    return { ...input, topics: input.topics.filter(({ name }) => !gone.has(name)) };
  };
  return { ...plan, streams: plan.streams.map(keep), tables: plan.tables.map(keep) };
}

export function goneTopics(plan: JobPlan, gone: ReadonlySet<string>): Layout {
  return layoutOf(plan).map((each): LayoutTopic => (gone.has(each.topic) ? { ...each, partitions: 0 } : each));
}

/** I18: a key of the job's state, or of its tables, may have moved to another partition. */
export function partitionsChanged(
  topics: readonly { readonly topic: string; readonly now: number }[],
  before: number,
  changelog?: string,
): JobError {
  const [first] = topics;
  const list = topics.map(({ topic, now }) => `${topic} has ${now}`).join(', ');
  const had = changelog === undefined ? `had ${before}` : `the changelog ${changelog} has ${before}`;
  const what = `${list} partitions, and ${had}: keys are in other partitions now than their state`;
  const advice =
    'Take a savepoint (kgen savepoint) and start from it (kgen run --from), which spreads state anew; or start over under another group';
  return new JobError('JOB_PARTITIONS_CHANGED', `${what}. ${advice}`, { topic: first?.topic });
}
