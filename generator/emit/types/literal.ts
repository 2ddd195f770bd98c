import { stringLiteral } from '../string-literal.ts';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const WIDTH = 116;

/** A property of an object literal. `['__proto__']` is a property; `__proto__:` would set the prototype. */
export function property(name: string, value: string): string {
  if (name === '__proto__') return name === value ? name : `['__proto__']: ${value}`;
  if (name === value) return name;
  return `${IDENTIFIER.test(name) ? name : stringLiteral(name)}: ${value}`;
}

/** The member of an object in an interface. */
export function memberName(name: string): string {
  return IDENTIFIER.test(name) ? name : stringLiteral(name);
}

/** `{ a, b: 1 }` behind a prefix, in one line where it fits. */
export function objectLines(prefix: string, entries: readonly string[], suffix: string): readonly string[] {
  return listLines(`${prefix}{`, entries, `}${suffix}`, ' ');
}

/** `[a, b]` behind a prefix, in one line where it fits. */
export function arrayLines(prefix: string, items: readonly string[], suffix: string): readonly string[] {
  return listLines(`${prefix}[`, items, `]${suffix}`, '');
}

function listLines(open: string, entries: readonly string[], close: string, space: string): readonly string[] {
  const line = entries.length === 0 ? `${open}${close}` : `${open}${space}${entries.join(', ')}${space}${close}`;
  if (line.length <= WIDTH || entries.length === 0) return [line];
  return [open, ...entries.map((entry) => `  ${entry},`), close];
}

/** An expression that makes a value anew: what a default is. */
export function valueLiteral(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return stringLiteral(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : objectLiteral(value);
    default:
      throw new TypeError(`No default is a ${typeof value}`);
  }
}

function objectLiteral(value: object): string {
  if (value instanceof Uint8Array)
    return value.length === 0 ? 'new Uint8Array(0)' : `new Uint8Array([${value.join(', ')}])`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (Array.isArray(value)) return `[${value.map(valueLiteral).join(', ')}]`;
  const entries = Object.entries(value).map(([name, member]) => property(name, valueLiteral(member)));
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
