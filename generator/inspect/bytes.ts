/** Bytes as people write them: `0x0a 1B`, `0a:1b`, over several lines. Undefined where it is no hexadecimal. */
export function parseHex(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/0x|[\s:,_-]/gi, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** Base64, also the form for URLs, with or without padding. Undefined where it is none. */
export function parseBase64(text: string): Uint8Array | undefined {
  const plain = text.replaceAll(/\s/g, '').replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1) return undefined;
  return Uint8Array.from(Buffer.from(plain, 'base64'));
}

const AROUND = 8;

/** The bytes around an offset, that one in brackets: `... 06 4f 52 [ff] 00 ...`. */
export function excerpt(bytes: Uint8Array, offset: number): string {
  const start = Math.max(0, offset - AROUND);
  const end = Math.min(bytes.length, offset + AROUND + 1);
  const shown = [...bytes.subarray(start, end)].map((byte, index) => {
    const text = byte.toString(16).padStart(2, '0');
    return start + index === offset ? `[${text}]` : text;
  });
  if (offset >= bytes.length) shown.push('[end]');
  return [...(start > 0 ? ['...'] : []), ...shown, ...(end < bytes.length ? ['...'] : [])].join(' ');
}
