import { cannotRead, cannotWrite, wrongType } from './failure.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A uuid over a string: text as RFC 9562 writes it, its case as it is. */
export function uuidFromString(text: string): string {
  if (!UUID.test(text)) throw cannotRead('not a UUID');
  return text;
}

export function uuidToString(text: string): string {
  if (typeof text !== 'string') throw wrongType('a UUID as text', text);
  if (!UUID.test(text)) throw cannotWrite('not a UUID');
  return text;
}

/** A uuid over 16 bytes, most significant first: lower case. */
export function uuidFromBytes(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += HEX[byte];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function uuidToBytes(text: string): Uint8Array {
  const hex = uuidToString(text).replaceAll('-', '');
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}
