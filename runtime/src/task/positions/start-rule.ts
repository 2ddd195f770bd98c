import type { Isolation } from '../../log/port.ts';
import type { JobDeclaration } from '../declaration.ts';
import type { OnOutOfRange, RunPositions, StartFrom, StartRule, TopicOffsets } from './positions.ts';

const NONE: ReadonlyMap<string, number> = new Map();

/**
 * Without a word: the beginning; but where a job has no state, what was committed under its group counts, as with any consumer.
 * `rename` gives a topic's name in this environment.
 */
export function startRule(
  startFrom: StartFrom | undefined,
  { stateless, rename }: { readonly stateless: boolean; readonly rename: (topic: string) => string },
): StartRule {
  const isTold = startFrom !== undefined;
  if (!isTold) return { offsets: NONE, group: stateless, otherwise: 'earliest', isTold };
  if (startFrom === 'group') return { offsets: NONE, group: true, otherwise: 'fail', isTold };
  if (typeof startFrom === 'string') return { offsets: NONE, group: false, otherwise: startFrom, isTold };
  if ('timestamp' in startFrom) return { offsets: NONE, group: false, otherwise: Number(startFrom.timestamp), isTold };
  const { group = 'fail' } = startFrom;
  const offsets = 'offsets' in startFrom ? offsetsByPartition(startFrom.offsets, rename) : NONE;
  return { offsets, group: true, otherwise: group, isTold };
}

export function offsetsByPartition(
  topics: TopicOffsets,
  rename: (topic: string) => string,
): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(topics).flatMap(([topic, offsets]) =>
      Object.entries(offsets).map(([partition, offset]) => [
        partitionKey(rename(topic), Number(partition)),
        Number(offset),
      ]),
    ),
  );
}

export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** What is said of one input comes before what is said of all; what a run says, before what is declared. */
export function inputPositions(
  name: string,
  declaration: JobDeclaration,
  run: { readonly positions: RunPositions; readonly rename: (topic: string) => string },
): { readonly start: StartRule; readonly onOutOfRange: OnOutOfRange; readonly isolation: Isolation } {
  const { inputs = {}, ...all } = run.positions;
  const own = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  const declared = declaration.inputs[name];
  const startFrom = own?.startFrom ?? all.startFrom ?? declared?.startFrom ?? declaration.startFrom;
  const onOutOfRange = own?.onOutOfRange ?? all.onOutOfRange ?? declared?.onOutOfRange ?? declaration.onOutOfRange;
  const isolation = own?.isolation ?? all.isolation ?? declared?.isolation ?? declaration.isolation;
  const { timers = [] } = declaration;
  const stateless = Object.keys(declaration.state).length === 0 && timers.length === 0;
  return {
    start: startRule(startFrom, { stateless, rename: run.rename }),
    onOutOfRange: onOutOfRange ?? 'fail',
    isolation: isolation ?? 'read_committed',
  };
}
