import type { Log, MissingAccess, TopicNeeds } from '../../log/port.ts';
import type { JobDeclaration } from '../declaration.ts';
import { type FoundTopics, findTopics, type Naming, topicsOf } from '../plan/planned-topics.ts';

/** What a job needs to read the topics that the patterns of its inputs find now. */
export async function readsOf(log: Log, declaration: JobDeclaration, naming: Naming): Promise<readonly TopicNeeds[]> {
  if (Object.values(declaration.inputs).every(({ topic }) => topic.pattern === undefined)) return [];
  return readsIn(declaration, await findTopics(declaration, log, naming), naming);
}

/** Topics of patterns, `known` left out, that may be seen and not read. */
export async function unreadable(
  log: Log,
  declaration: JobDeclaration,
  {
    found,
    known,
    naming,
  }: { readonly found: FoundTopics; readonly known: ReadonlySet<string>; readonly naming: Naming },
): Promise<readonly MissingAccess[]> {
  if (log.missingAccess === undefined) return [];
  const topics = readsIn(declaration, found, naming).filter(({ name }) => !known.has(name));
  if (topics.length === 0) return [];
  return log.missingAccess({ topics, group: undefined, transactionalIds: undefined });
}

function readsIn({ inputs }: JobDeclaration, found: FoundTopics, naming: Naming): readonly TopicNeeds[] {
  const names = new Map<string, string | undefined>();
  for (const { topic } of Object.values(inputs)) {
    if (topic.pattern === undefined) continue;
    const prefix = prefixOf(topic.pattern);
    for (const { route } of topicsOf(topic, found, naming)) names.set(route.name, prefix);
  }
  return [...names].map(([name, prefix]) => ({ name, operations: ['Read'], prefix }));
}

/** How all names begin that a pattern matches, where it matches all that begin so: `orders-` of `orders-.*`; else undefined. */
function prefixOf({ source, flags }: RegExp): string | undefined {
  const [, prefix] = /^((?:[\w-]|\\\.)+)\.\*$/.exec(source) ?? [];
  return flags.includes('i') ? undefined : prefix?.replaceAll('\\.', '.');
}
