import type { StartFrom, TopicOffsets } from '@kgen/runtime';
import { closest } from '../config/closest.ts';
import type { PositionConfig, StartFromConfig } from '../config/config.ts';
import { type JobSurroundings, quoted } from './job-surroundings.ts';
import type { PositionsModel, TopicModel } from './model.ts';

/** `topics`: those whose offsets may be named. The form of the config has been checked. */
export function buildPositions(
  { startFrom, onOutOfRange, isolation }: PositionConfig,
  path: string,
  topics: readonly TopicModel[],
  around: JobSurroundings,
): PositionsModel {
  const start = startFrom === undefined ? undefined : buildStart(startFrom, `${path}.startFrom`, topics, around);
  return {
    ...(start === undefined ? {} : { startFrom: start }),
    ...(onOutOfRange === undefined ? {} : { onOutOfRange }),
    ...(isolation === undefined ? {} : { isolation }),
  };
}

function buildStart(
  startFrom: StartFromConfig,
  path: string,
  topics: readonly TopicModel[],
  around: JobSurroundings,
): StartFrom {
  if (typeof startFrom === 'string') return startFrom;
  if ('timestamp' in startFrom) return { timestamp: momentOf(startFrom.timestamp, `${path}.timestamp`, around) };
  if ('offsets' in startFrom) checkTopics(startFrom.offsets, `${path}.offsets`, topics, around);
  return startFrom;
}

/** Without a zone it would mean another time on another machine. */
function momentOf(time: Date | number | string, path: string, { report }: JobSurroundings): number {
  if (typeof time === 'string' && /T/.test(time) && !/(Z|[+-]\d{2}:\d{2})$/.test(time))
    report(path, `'${time}' is a time without its zone`, 'Write it as in 2026-05-01T12:00:00Z');
  const moment = new Date(time).getTime();
  if (Number.isNaN(moment)) report(path, `${String(time)} is no time`, 'Write it as in 2026-05-01T12:00:00Z');
  return moment;
}

function checkTopics(
  offsets: TopicOffsets,
  path: string,
  topics: readonly TopicModel[],
  { report }: JobSurroundings,
): void {
  const names = topics.flatMap((topic) => topic.names);
  // What a pattern matches is known when the job runs.
  if (topics.some(({ pattern }) => pattern !== undefined)) return;
  for (const name of Object.keys(offsets)) {
    if (names.includes(name)) continue;
    const near = closest(name, names);
    const hint = near === undefined ? `The topics here are ${names.join(', ')}` : `Did you mean '${near}'?`;
    report(`${path}[${quoted(name)}]`, `no topic that is read here is called ${JSON.stringify(name)}`, hint);
  }
}
