import type { RunOptions } from '@kgen/runtime';

type Read<T> = { readonly value: T } | { readonly reason: string };
type Offsets = { readonly [topic: string]: { readonly [partition: number]: bigint } };

/** Where an operator says that inputs begin: `earliest`, `group:latest`, `2026-05-01T00:00:00Z`, `flights:0=23,flights:1=40`. */
export function readStartFrom(text: string): Read<RunOptions['startFrom']> {
  if (text === 'earliest' || text === 'latest' || text === 'group') return { value: text };
  const [, group] = /^group:(earliest|latest|fail)$/.exec(text) ?? [];
  if (group === 'earliest' || group === 'latest' || group === 'fail') return { value: { group } };
  return readBound(text);
}

/** Where a run ends: `latest`, a time, or offsets. */
export function readUntil(text: string): Read<RunOptions['until']> {
  return text === 'latest' ? { value: text } : readBound(text);
}

function readBound(text: string): Read<{ readonly timestamp: Date } | { readonly offsets: Offsets }> {
  if (text.includes('=')) return readOffsets(text);
  const time = readTime(text);
  return time === undefined ? { reason: `'${text}' is neither one of the words, nor a time, nor offsets` } : time;
}

/** ISO 8601 with a zone, a day (of UTC), or milliseconds since 1970. */
function readTime(text: string): Read<{ readonly timestamp: Date }> | undefined {
  const isMilliseconds = /^\d{1,16}$/.test(text) && !/^\d{4}$/.test(text);
  if (!isMilliseconds && !/^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text)) return undefined;
  if (text.includes('T') && !/(Z|[+-]\d{2}:\d{2})$/.test(text))
    return { reason: `'${text}' is a time without its zone, such as the Z at the end of 2026-05-01T12:00:00Z` };
  const timestamp = new Date(isMilliseconds ? Number(text) : text);
  return Number.isNaN(timestamp.getTime()) ? { reason: `'${text}' is no time` } : { value: { timestamp } };
}

function readOffsets(text: string): Read<{ readonly offsets: Offsets }> {
  // A topic may be called `__proto__`.
  const offsets = new Map<string, { [partition: number]: bigint }>();
  for (const pair of text.split(',')) {
    const [, topic, partition, offset] = /^([^:=\s]+):(\d{1,9})=(\d{1,15})$/.exec(pair.trim()) ?? [];
    if (topic === undefined || partition === undefined || offset === undefined)
      return { reason: `'${pair}' is no topic:partition=offset` };
    const own = offsets.get(topic) ?? {};
    if (own[Number(partition)] !== undefined) return { reason: `${topic}:${partition} is there twice` };
    own[Number(partition)] = BigInt(offset);
    offsets.set(topic, own);
  }
  return { value: { offsets: Object.fromEntries(offsets) } };
}
