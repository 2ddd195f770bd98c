import type { JobDeclaration } from '../task/declaration.ts';
import { JobError } from '../task/job-error.ts';
import type { PositionOptions, RunPositions, Until } from '../task/positions/positions.ts';
import { type OptionNames, unknownOption } from './option-names.ts';

const OUT_OF_RANGE: readonly unknown[] = ['fail', 'earliest', 'latest'];
const WITHOUT_OFFSET: readonly unknown[] = ['earliest', 'latest', 'fail'];

const OF_AN_INPUT: OptionNames<PositionOptions> = { startFrom: true, onOutOfRange: true, isolation: true };

/** @throws JobError with code `JOB_OPTIONS` */
export function checkPositions(
  declaration: JobDeclaration,
  options: RunPositions & { readonly until?: Until | undefined },
): void {
  const { until, inputs = {} } = options;
  if (until !== undefined && until !== 'latest') {
    const problem = boundProblem(until, ['timestamp', 'offsets']);
    if (problem !== undefined)
      throw refused('until', problem, `Use 'latest', { timestamp } or { offsets }, or leave it out`);
  }
  checkOptions('', options);
  for (const [name, own] of Object.entries(inputs)) {
    const as = Object.hasOwn(declaration.inputs, name) ? declaration.inputs[name]?.as : undefined;
    if (as === 'stream') {
      const unknown = unknownOption(own ?? {}, OF_AN_INPUT);
      if (unknown !== undefined) throw new JobError('JOB_OPTIONS', `option inputs.${name}.${unknown}`);
      checkOptions(`inputs.${name}.`, own ?? {});
    } else {
      const problem = as === undefined ? 'the job has no such input' : 'it is a table, which is always read whole';
      throw refused(`inputs.${name}`, problem, `Its streams are ${streamsOf(declaration).join(', ')}`);
    }
  }
}

function checkOptions(prefix: string, { startFrom, onOutOfRange, isolation }: PositionOptions): void {
  if (isolation !== undefined && isolation !== 'read_committed' && isolation !== 'read_uncommitted')
    throw refused(`${prefix}isolation`, `${shown(isolation)} is unknown`, `Use 'read_committed' or 'read_uncommitted'`);
  const problem = startFrom === undefined ? undefined : startProblem(startFrom);
  if (problem !== undefined) {
    const advice = `Use 'earliest', 'latest', 'group', { group }, { timestamp } or { offsets }`;
    throw refused(`${prefix}startFrom`, problem, advice);
  }
  if (onOutOfRange !== undefined && !OUT_OF_RANGE.includes(onOutOfRange))
    throw refused(`${prefix}onOutOfRange`, `${shown(onOutOfRange)} is unknown`, `Use 'fail', 'earliest' or 'latest'`);
}

function startProblem(startFrom: unknown): string | undefined {
  if (startFrom === 'earliest' || startFrom === 'latest' || startFrom === 'group') return undefined;
  const isGroup = typeof startFrom === 'object' && startFrom !== null && 'group' in startFrom;
  if (isGroup && startFrom.group !== undefined && !WITHOUT_OFFSET.includes(startFrom.group))
    return `group: ${shown(startFrom.group)} is unknown; use 'earliest', 'latest' or 'fail'`;
  if (isGroup && Object.keys(startFrom).length === 1) return undefined;
  return boundProblem(startFrom, ['timestamp', 'offsets', 'group']);
}

function boundProblem(bound: unknown, known: readonly string[]): string | undefined {
  if (typeof bound !== 'object' || bound === null) return `${shown(bound)} is unknown`;
  const unknown = Object.keys(bound).find((name) => !known.includes(name));
  if (unknown !== undefined) return `it has no ${unknown}`;
  if ('timestamp' in bound === 'offsets' in bound) return 'it wants either a timestamp or offsets';
  if ('timestamp' in bound) {
    const time = bound.timestamp instanceof Date ? bound.timestamp.getTime() : Number(bound.timestamp);
    return Number.isFinite(time) ? undefined : `timestamp: ${shown(bound.timestamp)} is no time`;
  }
  return 'offsets' in bound ? offsetsProblem(bound.offsets) : undefined;
}

function offsetsProblem(offsets: unknown): string | undefined {
  if (typeof offsets !== 'object' || offsets === null) return `offsets: ${shown(offsets)} is no object of topics`;
  for (const [topic, partitions] of Object.entries(offsets)) {
    if (typeof partitions !== 'object' || partitions === null)
      return `offsets.${topic}: ${shown(partitions)} is no object of partitions`;
    for (const [partition, offset] of Object.entries(partitions)) {
      const isOffset = typeof offset === 'bigint' || typeof offset === 'number';
      if (!/^\d+$/.test(partition)) return `offsets.${topic}: '${partition}' is no number of a partition`;
      if (!isOffset || Number(offset) < 0 || !Number.isSafeInteger(Number(offset)))
        return `offsets.${topic}.${partition}: ${shown(offset)} is no offset`;
    }
  }
  return undefined;
}

function streamsOf({ inputs }: JobDeclaration): readonly string[] {
  return Object.entries(inputs).flatMap(([name, { as }]) => (as === 'stream' ? [name] : []));
}

function refused(option: string, problem: string, advice: string): JobError {
  return new JobError('JOB_OPTIONS', `option ${option}: ${problem}. ${advice}`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
