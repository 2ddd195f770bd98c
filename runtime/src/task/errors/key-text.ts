import { Reader } from '../../codec/reader.ts';
import type { Format } from '../../format/format.ts';
import { logValue } from '../../ops/log-value.ts';

const MOST = 100;

/** A key as errors show it: as JSON, cut where it is long. */
export function keyText(key: unknown): string {
  const text = JSON.stringify(logValue(key)) ?? String(key);
  return text.length <= MOST ? text : `${text.slice(0, MOST)}…`;
}

/** A key that may not be readable: then its bytes in hexadecimal. Undefined for null. */
export function keyTextOf(bytes: Uint8Array | null, format: Format<unknown>): string | undefined {
  if (bytes === null) return undefined;
  try {
    return keyText(format.read(new Reader(bytes)));
  } catch {
    const hex = Buffer.from(bytes.subarray(0, MOST / 2)).toString('hex');
    return `0x${hex}${bytes.length > MOST / 2 ? '…' : ''}`;
  }
}
