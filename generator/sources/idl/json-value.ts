import type { Json } from '@kgen/runtime/schema';
import { shown } from '../problem.ts';
import { isToken, type Token } from './token.ts';
import { jsonObject, type TokenStream } from './token-stream.ts';

/**
 * A JSON value with what Avro's IDL adds: hexadecimal and octal integers, suffixes `l`, `f` and `d`, `NaN`, `Infinity`.
 * Integers beyond 2^53 are bigints; numbers that JSON lacks become the strings that stand for them in a `.avsc`.
 */
export function parseJsonValue(tokens: TokenStream): Json {
  const token = tokens.peek();
  if (token.kind === 'string') return tokens.next().text;
  if (token.kind === 'number') return numberValue(tokens, tokens.next());
  if (isToken(token, 'symbol', '{')) return tokens.nested(() => parseObject(tokens));
  if (isToken(token, 'symbol', '[')) return tokens.nested(() => parseArray(tokens));
  if (tokens.take('word', 'null')) return null;
  if (tokens.take('word', 'true')) return true;
  if (tokens.take('word', 'false')) return false;
  return tokens.fail(
    'Expected a JSON value',
    token.kind === 'word'
      ? `Write it with double quotes: "${shown(token.text)}"`
      : 'Write a string, number, true, false, null, [ ] or { }',
  );
}

function parseArray(tokens: TokenStream): Json {
  tokens.next();
  const items: Json[] = [];
  if (tokens.take('symbol', ']')) return items;
  do {
    tokens.mark(items, items.length, tokens.peek().start);
    items.push(parseJsonValue(tokens));
  } while (tokens.take('symbol', ','));
  tokens.expect(']', 'or `,` after an item', 'Close the array with `]`');
  return items;
}

function parseObject(tokens: TokenStream): Json {
  tokens.next();
  const members: [string, Json, number][] = [];
  if (tokens.take('symbol', '}')) return {};
  do {
    const key = tokens.peek();
    if (key.kind !== 'string') tokens.fail('Expected a key', 'Keys of JSON objects are strings in double quotes');
    tokens.next();
    tokens.expect(':', `after the key "${shown(key.text)}"`);
    members.push([key.text, parseJsonValue(tokens), key.start]);
  } while (tokens.take('symbol', ','));
  tokens.expect('}', 'or `,` after a member', 'Close the object with `}`');
  const object = jsonObject(members.map(([key, value]) => [key, value]));
  for (const [key, , start] of members) tokens.mark(object, key, start);
  return object;
}

const INTEGER = /^(-?)(?:([1-9][0-9]*)|0[xX]([0-9a-fA-F]+)|(0[0-7]*))[lL]?$/;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?$/;
const HEX_FLOAT = /^([+-]?)0[xX](?:([0-9a-fA-F]+)\.?([0-9a-fA-F]*)|\.([0-9a-fA-F]+))[pP]([+-]?[0-9]+)[fFdD]?$/;
/** Digits of a hexadecimal float beyond these change nothing that a double can hold. */
const HEX_DIGITS = 256;

function numberValue(tokens: TokenStream, token: Token): Json {
  const text = token.text;
  if (/^[+-]?(?:NaN|Infinity)$/.test(text)) return text.endsWith('NaN') ? 'NaN' : text.replace('+', '');
  const integer = integerValue(text);
  if (integer !== undefined) return integer;
  const float =
    DECIMAL.test(text) && !/^[+-]?0[0-9]+$/.test(text) ? Number(text.replace(/[fFdD]$/, '')) : hexFloat(text);
  if (float === undefined) {
    return tokens.fail(
      `\`${shown(text)}\` is not a number`,
      'Write it as in JSON; a leading 0 means octal, 0x hexadecimal',
      token,
    );
  }
  if (Number.isFinite(float)) return float;
  return tokens.fail(
    `\`${shown(text)}\` is beyond the range of a double`,
    'Write Infinity or -Infinity if you mean it',
    token,
  );
}

/** No Avro type holds an integer of more digits; without a limit, reading one could take minutes. */
const MAX_INTEGER_LENGTH = 400;

/** A decimal, hexadecimal or octal integer; a bigint where a number could not hold it exactly. */
export function integerValue(text: string): number | bigint | undefined {
  if (text.length > MAX_INTEGER_LENGTH) return undefined;
  const [, sign, decimal, hex, octal] = INTEGER.exec(text) ?? [];
  const digits = decimal ?? (hex === undefined ? octal && `0o0${octal}` : `0x${hex}`);
  if (digits === undefined) return undefined;
  const magnitude = BigInt(digits);
  const value = sign === '-' ? -magnitude : magnitude;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function hexFloat(text: string): number | undefined {
  const parts = HEX_FLOAT.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = parts[4] ?? '', , exponent] = parts;
  const digits = `${whole}${fraction}`.slice(0, HEX_DIGITS);
  const scale = Number(exponent) - 4 * (digits.length - whole.length);
  const magnitude = Number(BigInt(`0x0${digits}`)) * 2 ** scale;
  return sign === '-' ? -magnitude : magnitude;
}
