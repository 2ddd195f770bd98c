import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalForm, fingerprint, normalizedSchema, parseSchema } from '@kgen/runtime/schema';
import { describe, expect, test } from 'vitest';
import { interpretedCodec } from '../support/interpreted-codec.ts';

const folder = join(import.meta.dirname, '../../fixtures/spec/avro');

interface SpecCase {
  readonly schema: string;
  readonly canonical: string;
  /** Signed, as Java prints it. */
  readonly fingerprint: bigint | undefined;
}

/** `<<INPUT` text or lines up to `INPUT`, `<<canonical`, then maybe `<<fingerprint`. */
function specCases(): readonly SpecCase[] {
  const text = readFileSync(join(folder, 'schema-tests.txt'), 'utf8');
  const pattern = /^<<INPUT(?: (.*)|\n([\s\S]*?)\nINPUT)\n<<canonical (.*)\n(?:<<fingerprint (.*)\n)?/gm;
  return [...text.matchAll(pattern)].map(([, line, lines, canonical = '', print]) => ({
    schema: line ?? lines ?? '',
    canonical,
    fingerprint: print === undefined ? undefined : BigInt(print),
  }));
}

describe('schema-tests.txt', () => {
  test('has the cases it should', () => {
    expect(specCases()).toHaveLength(34);
    expect(specCases().filter((entry) => entry.fingerprint !== undefined)).toHaveLength(26);
  });

  test.each(specCases())('$schema', ({ schema, canonical, fingerprint: print }) => {
    const type = parseSchema(schema);
    expect(canonicalForm(type)).toBe(canonical);
    expect(canonicalForm(parseSchema(normalizedSchema(type)))).toBe(canonical);
    if (print !== undefined) expect(fingerprint(canonical)).toBe(BigInt.asUintN(64, print));
  });
});

test('messageV1: a single-object message written by Java', () => {
  const message = readFileSync(join(folder, 'messageV1/test_message.bin'));
  const codec = interpretedCodec(readFileSync(join(folder, 'messageV1/test_schema.avsc'), 'utf8'));
  expect(message.subarray(0, 2)).toEqual(Buffer.from([0xc3, 0x01]));
  expect(message.readBigUInt64LE(2)).toBe(codec.fingerprint);
  const value = { id: 42n, name: 'Bill', tags: ['dog_lover', 'cat_hater'] };
  expect(codec.decode(message.subarray(10))).toEqual(value);
  expect(Buffer.from(codec.encode(value))).toEqual(message.subarray(10));
});

test.each(readdirSync(join(folder, 'schemas')).filter((file) => file.endsWith('.avsc')))('%s', (file) => {
  const type = parseSchema(readFileSync(join(folder, 'schemas', file), 'utf8'));
  expect(canonicalForm(parseSchema(normalizedSchema(type)))).toBe(canonicalForm(type));
});
