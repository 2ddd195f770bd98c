/**
 * A decoded value as JSON for people: longs as exact digits, bytes as `"0x..."`, what is no number in JSON as text.
 * It shows a value, it does not encode one: Avro's own JSON encoding is the codec's `toAvroJson`.
 */
export function valueJson(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (value instanceof Uint8Array) return `"0x${Buffer.from(value).toString('hex')}"`;
  if (value instanceof Date) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return block(
      '[',
      ']',
      indent,
      value.map((item: unknown) => valueJson(item, inner)),
    );
  }
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value)
        ? Object.is(value, -0)
          ? '-0'
          : JSON.stringify(value)
        : JSON.stringify(String(value));
    case 'object':
      if (value === null) return 'null';
      return block(
        '{',
        '}',
        indent,
        Object.entries(value).map(([key, each]) => `${quote(key)}: ${valueJson(each, inner)}`),
      );
    default:
      return typeof value === 'string' ? quote(value) : (JSON.stringify(value) ?? 'null');
  }
}

function block(open: string, close: string, indent: string, parts: readonly string[]): string {
  return parts.length === 0 ? open + close : `${open}\n${indent}  ${parts.join(`,\n${indent}  `)}\n${indent}${close}`;
}

/** A JSON text without characters that steer a terminal: those that JSON itself leaves alone are escaped as well. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
