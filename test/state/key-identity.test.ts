import { type Format, Reader, Writer } from '@kgen/runtime';
import { float64, json, utf8 } from '@kgen/runtime/codegen/v1';
import { expect, test } from 'vitest';
import { KeyIdentity } from '../../runtime/src/state/key-identity.ts';

function encoded(identities: KeyIdentity, key: unknown): string {
  const writer = new Writer();
  identities.write(writer, identities.of(key));
  return Buffer.from(writer.copy()).toString('hex');
}

test('equal encodings are one key, different ones are two', () => {
  const numbers = new KeyIdentity(float64 as Format<unknown>);
  expect(numbers.of(0)).not.toBe(numbers.of(-0));
  expect(numbers.of(Number.NaN)).toBe(numbers.of(Number.NaN));
  expect(encoded(numbers, -0)).toBe('8000000000000000');
  expect(encoded(numbers, 1.5)).toBe('3ff8000000000000');
  const pairs: Format<unknown> = {
    name: 'pair',
    read: () => undefined,
    write(writer, value) {
      utf8.write(writer, typeof value === 'string' ? value : (value as string[]).join('+'));
    },
  };
  const identities = new KeyIdentity(pairs);
  expect(identities.of(['a', 'b'])).toBe(identities.of(['a', 'b']));
  expect(identities.of(['a', 'b'])).not.toBe(identities.of(['b', 'a']));
  expect(identities.of(['a', 'b'])).not.toBe(identities.of('a+b'));
  expect(encoded(identities, ['ü', 'b'])).toBe(Buffer.from('ü+b').toString('hex'));
});

test('a text with a lone surrogate, which JSON can hold, is a key like any other', () => {
  const identities = new KeyIdentity(json as Format<unknown>);
  const read = (text: string): unknown => json.read(new Reader(Buffer.from(text)));
  // What the identity of [1] would be, were it a text.
  const text = read('"\\ud800[1]"');
  expect(identities.of(text)).not.toBe(identities.of([1]));
  expect(Buffer.from(encoded(identities, text), 'hex').toString()).toBe('"\\ud800[1]"');
  expect(identities.of(text)).toBe(identities.of(read('"\\uD800[1]"')));
  expect(encoded(identities, -0)).not.toBe(encoded(identities, 0));
});
