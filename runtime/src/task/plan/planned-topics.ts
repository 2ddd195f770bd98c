import type { AnyTopic } from '../../format/topic.ts';
import type { Log, TopicDescription } from '../../log/port.ts';
import type { JobDeclaration } from '../declaration.ts';
import { JobError } from '../job-error.ts';

/** Topics of the log, by Kafka's name. */
export type FoundTopics = ReadonlyMap<string, TopicDescription>;

export interface PlannedTopic extends TopicDescription {
  /** As it is called in this environment. */
  readonly name: string;
}

/** An input, with the topics that it reads. */
export interface InputTopics {
  readonly name: string;
  readonly global: boolean;
  readonly topics: readonly PlannedTopic[];
}

export interface Naming {
  /** What a declared topic is called in this environment. */
  readonly rename: (topic: string) => string;
  /** Of the job itself: no pattern finds it. */
  readonly changelog: string;
  /** Topics of dead letters, as declared. */
  readonly deadLetters: readonly string[];
}

/** All topics that the job may touch, by Kafka's name; no pattern finds its own changelog, or Kafka's own topics. */
export async function findTopics(declaration: JobDeclaration, log: Log, naming: Naming): Promise<FoundTopics> {
  const names = namesOf(declaration, naming);
  const found = await log.topics(hasPatterns(declaration) ? undefined : [...names]);
  return new Map(
    [...found].filter(([name]) => names.has(name) || (name !== naming.changelog && !name.startsWith('__'))),
  );
}

/** @throws JobError that names all that are missing */
export function checkFound(declaration: JobDeclaration, found: FoundTopics, naming: Naming): void {
  const missing = [...namesOf(declaration, naming)].filter((name) => !found.has(name));
  if (missing.length === 0) return;
  const [what, them] = missing.length === 1 ? ['is no topic', 'it'] : ['are no topics', 'them'];
  const advice = `Create ${them}, let the job do it by \`createTopics\` (kgen run --create-topics), or map the names of this environment by \`topics\` (--topics)`;
  throw new JobError('JOB_UNKNOWN_TOPIC', `there ${what} ${missing.join(', ')}. ${advice}`, { topic: missing[0] });
}

function topicsIn({ inputs, outputs }: JobDeclaration): readonly AnyTopic[] {
  return [...Object.values(inputs).map(({ topic }) => topic), ...Object.values(outputs)];
}

function hasPatterns(declaration: JobDeclaration): boolean {
  return topicsIn(declaration).some(({ pattern }) => pattern !== undefined);
}

function namesOf(declaration: JobDeclaration, { rename, deadLetters }: Naming): Set<string> {
  return new Set([...topicsIn(declaration).flatMap((topic) => topic.names), ...deadLetters].map(rename));
}

/** Those of a declared topic that exist; of a pattern, in the order of their names. */
export function topicsOf(
  topic: AnyTopic,
  found: FoundTopics,
  { rename }: Naming,
): readonly { readonly declared: string; readonly route: PlannedTopic }[] {
  const { pattern } = topic;
  const names =
    pattern === undefined ? topic.names : [...found.keys()].filter((name) => matchesPattern(pattern, name)).sort();
  return names.flatMap((declared) => {
    const name = pattern === undefined ? rename(declared) : declared;
    const description = found.get(name);
    return description === undefined ? [] : [{ declared, route: { name, ...description } }];
  });
}

/** As `topicsOf`. @throws JobError where there is none */
export function someTopicsOf(topic: AnyTopic, found: FoundTopics, naming: Naming): ReturnType<typeof topicsOf> {
  const topics = topicsOf(topic, found, naming);
  if (topics.length === 0) throw noneMatches([topic]);
  return topics;
}

/** One topic at least makes the tasks of a job. @throws JobError where no pattern finds any */
export function checkSomeFound(inputs: readonly (InputTopics & { readonly topic: AnyTopic })[]): void {
  const own = inputs.filter(({ global }) => !global);
  if (own.length > 0 && own.every(({ topics }) => topics.length === 0))
    throw noneMatches(own.map(({ topic }) => topic));
}

function noneMatches(topics: readonly AnyTopic[]): JobError {
  const list = topics.map(({ pattern, id }) => `${pattern}, the pattern of ${id}`).join(', nor ');
  return new JobError('JOB_UNKNOWN_TOPIC', `no topic matches ${list}. Create one`);
}

/** From the first character to the last. */
export function matchesPattern(pattern: RegExp, name: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(name);
}

/** Two inputs of one topic would each get half of its records. @throws JobError */
export function checkDistinct(inputs: readonly InputTopics[]): void {
  const seen = new Map<string, string>();
  for (const input of inputs) {
    for (const { name } of input.topics) {
      const other = seen.get(name);
      if (other !== undefined) {
        throw new JobError(
          'JOB_OPTIONS',
          `inputs ${other} and ${input.name} both read topic ${name}. Make one input of them`,
        );
      }
      seen.set(name, input.name);
    }
  }
}

/**
 * Partition p of all inputs makes task p; global tables take no part in it. Where keys meet, in state or in a table, all have
 * as many partitions; other jobs have as many tasks as their largest topic has partitions.
 * @throws JobError
 */
export function countTasks(inputs: readonly InputTopics[], keyed: boolean): number {
  const topics = inputs.filter(({ global }) => !global).flatMap((input) => input.topics);
  const counts = new Set(topics.map(({ partitions }) => partitions));
  if (counts.size === 0) throw new JobError('JOB_OPTIONS', 'the job has no input but global tables. Give it a stream');
  if (counts.size === 1 || !keyed) return Math.max(...counts);
  const list = topics.map(({ name, partitions }) => `${name} has ${partitions}`).join(', ');
  const advice = 'Give the topics the same number of partitions, or read the smaller one as a global-table';
  throw new JobError(
    'JOB_NOT_CO_PARTITIONED',
    `inputs of a job that has state or tables must be co-partitioned, but ${list} partitions. ${advice}`,
  );
}

/** Where dead letters go. @throws JobError where the job would read its own dead letters */
export function deadLetterRoutes(
  found: FoundTopics,
  inputs: readonly InputTopics[],
  { rename, deadLetters }: Naming,
): ReadonlyMap<string, { topic: string; partitions: number }> {
  const read = new Set(inputs.flatMap(({ topics }) => topics.map(({ name }) => name)));
  return new Map(
    deadLetters.map((each) => {
      const topic = rename(each);
      if (read.has(topic)) {
        const advice = 'Give dead letters a topic of their own';
        throw new JobError(
          'JOB_OPTIONS',
          `onError: ${topic} is an input of the job, which would read its own dead letters. ${advice}`,
        );
      }
      return [each, { topic, partitions: found.get(topic)?.partitions ?? 0 }] as const;
    }),
  );
}
