import type { StartFrom } from '@kgen/runtime';
import type { PositionsModel } from '../../model/model.ts';
import { property } from '../types/literal.ts';
import { numberText } from './number-text.ts';

/** The options of a declaration that say where inputs begin, and go on. */
export function positionOptions({ startFrom, onOutOfRange, isolation }: PositionsModel): readonly string[] {
  return [
    ...(startFrom === undefined ? [] : [`startFrom: ${startText(startFrom)}`]),
    ...(onOutOfRange === undefined ? [] : [`onOutOfRange: '${onOutOfRange}'`]),
    ...(isolation === undefined ? [] : [`isolation: '${isolation}'`]),
  ];
}

function startText(startFrom: StartFrom): string {
  if (typeof startFrom === 'string') return `'${startFrom}'`;
  if ('timestamp' in startFrom) return `{ timestamp: ${numberText(Number(startFrom.timestamp))} }`;
  const offsets = 'offsets' in startFrom ? Object.entries(startFrom.offsets) : [];
  const topics = offsets.map(([topic, partitions]) => {
    const own = Object.entries(partitions).map(([partition, offset]) => `${Number(partition)}: ${BigInt(offset)}n`);
    return property(topic, `{ ${own.join(', ')} }`);
  });
  const entries = [
    ...('offsets' in startFrom ? [`offsets: { ${topics.join(', ')} }`] : []),
    ...(startFrom.group === undefined ? [] : [`group: '${startFrom.group}'`]),
  ];
  return `{ ${entries.join(', ')} }`;
}
