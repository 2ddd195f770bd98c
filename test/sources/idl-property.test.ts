import type { Json } from '@kgen/runtime/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseIdl } from '../../generator/sources/idl/parse.ts';

/** A piece of IDL, as tokens, with the JSON that it stands for. */
interface Piece<T = Json> {
  readonly tokens: readonly string[];
  readonly json: T;
}

const KEYWORDS = ['record', 'union', 'int', 'date', 'null', 'namespace', 'throws', 'true'];
const identifier = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((name) => !/^(?:NaN|Infinity)$/.test(name));
const name: fc.Arbitrary<Piece<string>> = fc
  .tuple(fc.oneof({ weight: 5, arbitrary: identifier }, fc.constantFrom(...KEYWORDS)), fc.boolean())
  .map(([word, quoted]) => ({ tokens: [quoted ? `\`${word}\`` : word], json: word }));

/** Text that a comment, a string and a number can hold unchanged. */
const safeText = fc.stringMatching(/^[A-Za-z0-9.,;{}<>@=?"' -]{1,20}$/).map((text) => text.trim() || 'x');

const value: fc.Arbitrary<Piece> = fc.letrec<{ value: Piece; leaf: Piece }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<Piece>(
      { tokens: ['null'], json: null },
      { tokens: ['true'], json: true },
      { tokens: ['NaN'], json: 'NaN' },
    ),
    fc.string({ unit: 'binary' }).map((text): Piece => ({ tokens: [idlString(text)], json: text })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(integer),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((n) => !Number.isInteger(n))
      .map((n): Piece => ({ tokens: [String(n)], json: n })),
  ),
  value: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 3 }).map(
      (items): Piece => ({
        tokens: ['[', ...list(items.map(({ tokens }) => tokens)), ']'],
        json: items.map(({ json }) => json),
      }),
    ),
    fc
      .uniqueArray(fc.tuple(fc.string({ unit: 'binary', maxLength: 5 }), tie('value')), {
        maxLength: 3,
        selector: ([key]) => key,
      })
      .map(
        (members): Piece => ({
          tokens: ['{', ...list(members.map(([key, { tokens }]) => [idlString(key), ':', ...tokens])), '}'],
          json: Object.fromEntries(members.map(([key, { json }]) => [key, json])),
        }),
      ),
  ),
})).value;

function integer(n: bigint): Piece {
  const safe = Number.isSafeInteger(Number(n));
  const tokens = n >= 0n && n % 3n === 0n ? `0x${n.toString(16)}` : n % 5n === 0n ? `${n}L` : `${n}`;
  return { tokens: [tokens], json: safe ? Number(n) : n };
}

/** Each character as itself or as an escape, by its code. */
function idlString(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const body = units.map((unit) =>
    unit < 0x20 || unit === 0x22 || unit === 0x5c || unit >= 0x7f || unit % 7 === 0
      ? `\\u${unit.toString(16).padStart(4, '0')}`
      : String.fromCharCode(unit),
  );
  return `"${body.join('')}"`;
}

function list(items: readonly (readonly string[])[]): readonly string[] {
  return items.flatMap((tokens, i) => (i === 0 ? tokens : [',', ...tokens]));
}

const annotations = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^p[a-z]{0,4}(?:[.-][a-z]{1,3}){0,2}$/), value), {
    maxLength: 2,
    selector: ([key]) => key,
  })
  .map(
    (all): Piece<object> => ({
      tokens: all.flatMap(([key, { tokens }]) => ['@', key, '(', ...tokens, ')']),
      json: Object.fromEntries(all.map(([key, { json }]) => [key, json])),
    }),
  );

const LOGICAL: readonly (readonly [readonly string[], { readonly type: string }])[] = [
  [['date'], { type: 'int', logicalType: 'date' } as { type: string }],
  [['timestamp_ms'], { type: 'long', logicalType: 'timestamp-millis' } as { type: string }],
  [['uuid'], { type: 'string', logicalType: 'uuid' } as { type: string }],
  [
    ['decimal', '(', '9', ',', '2', ')'],
    { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } as { type: string },
  ],
];

/** A type, and whether a `?` may follow it. */
interface TypePiece extends Piece {
  readonly simple: boolean;
}

const type: fc.Arbitrary<TypePiece> = fc.letrec<{ type: TypePiece; simple: TypePiece }>((tie) => ({
  simple: fc.oneof(
    fc.tuple(annotations, fc.constantFrom('null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string')).map(
      ([props, primitive]): TypePiece => ({
        tokens: [...props.tokens, primitive],
        json: props.tokens.length === 0 ? primitive : ({ type: primitive, ...props.json } as Json),
        simple: true,
      }),
    ),
    fc.tuple(annotations, fc.constantFrom(...LOGICAL)).map(
      ([props, [tokens, json]]): TypePiece => ({
        tokens: [...props.tokens, ...tokens],
        json: { ...json, ...props.json },
        simple: true,
      }),
    ),
    fc
      .stringMatching(/^Ref[A-Z]\.Type[0-9]$|^Type[0-9]$/)
      .map((text): TypePiece => ({ tokens: [text], json: text, simple: true })),
  ),
  type: fc.oneof(
    { depthSize: 'small' },
    tie('simple'),
    fc
      .tuple(
        annotations,
        fc.constantFrom(['array', 'items'] as const, ['map', 'values'] as const),
        tie('type'),
        fc.boolean(),
      )
      .map(([props, [keyword, content], inner, optional]): TypePiece => {
        const nullable = optional && inner.simple;
        return {
          tokens: [...props.tokens, keyword, '<', ...inner.tokens, ...(nullable ? ['?'] : []), '>'],
          json: { type: keyword, [content]: nullable ? ['null', inner.json] : inner.json, ...props.json },
          simple: false,
        };
      }),
    fc.array(tie('type'), { minLength: 1, maxLength: 3 }).map(
      (branches): TypePiece => ({
        tokens: ['union', '{', ...list(branches.map(({ tokens }) => tokens)), '}'],
        json: branches.map(({ json }) => json),
        simple: false,
      }),
    ),
  ),
})).type;

const doc = fc.option(safeText, { nil: undefined }).map((text) => ({
  tokens: text === undefined ? [] : [`/** ${text} */`],
  json: text === undefined ? {} : { doc: text },
}));

const variable = fc
  .tuple(doc, annotations, name, fc.option(value, { nil: undefined }))
  .map(([comment, props, id, fallback]) => ({ comment, props, id, fallback }));

/** One statement of a record: its type, and one field or more. */
const fields = fc
  .tuple(doc, type, fc.boolean(), fc.array(variable, { minLength: 1, maxLength: 2 }))
  .map(([shared, of, optional, variables]): Piece<Json[]> => {
    const nullable = optional && of.simple;
    return {
      tokens: [
        ...shared.tokens,
        ...of.tokens,
        ...(nullable ? ['?'] : []),
        ...list(
          variables.map(({ comment, props, id, fallback }) => [
            ...comment.tokens,
            ...props.tokens,
            ...id.tokens,
            ...(fallback ? ['=', ...fallback.tokens] : []),
          ]),
        ),
        ';',
      ],
      json: variables.map(({ comment, props, id, fallback }) => {
        const nullLast = fallback !== undefined && fallback.json !== null;
        const json = !nullable ? of.json : nullLast ? [of.json, 'null'] : ['null', of.json];
        const given = fallback === undefined ? {} : { default: fallback.json };
        return { name: id.json, type: json, ...shared.json, ...comment.json, ...given, ...props.json } as Json;
      }),
    };
  });

const body = fc.oneof(
  fc.tuple(fc.constantFrom('record', 'error'), fc.array(fields, { maxLength: 3 })).map(([keyword, all]) => ({
    keyword,
    tokens: ['{', ...all.flatMap(({ tokens }) => tokens), '}'],
    json: { fields: all.flatMap(({ json }) => json) },
  })),
  fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.boolean()).map(([symbols, fallback]) => ({
    keyword: 'enum',
    tokens: [
      '{',
      ...list(symbols.map(({ tokens }) => tokens)),
      '}',
      ...(fallback ? ['=', ...(symbols[0]?.tokens ?? []), ';'] : []),
    ],
    json: { symbols: symbols.map(({ json }) => json), ...(fallback ? { default: symbols[0]?.json } : {}) },
  })),
  fc.nat().map((size) => ({ keyword: 'fixed', tokens: ['(', String(size), ')', ';'], json: { size } })),
);

const definition = fc
  .tuple(doc, annotations, fc.option(fc.constantFrom('n', 'a.b.c'), { nil: undefined }), name, body)
  .map(
    ([comment, props, namespace, id, { keyword, tokens, json }]): Piece => ({
      tokens: [
        ...comment.tokens,
        ...props.tokens,
        keyword,
        ...(namespace === undefined ? id.tokens : [`${namespace}.${id.tokens[0]}`]),
        ...tokens,
      ],
      json: {
        type: keyword,
        name: id.json,
        ...(namespace === undefined ? { namespace: 'file.space' } : { namespace }),
        ...comment.json,
        ...props.json,
        ...json,
      } as Json,
    }),
  );

it('IDL written from random schemas means those schemas, however it is spaced', () => {
  const gap = fc.constantFrom(' ', '\n', '\r\n', '\t', ' /* comment; } */ ', ' // comment "\n');
  fc.assert(
    fc.property(fc.array(definition, { maxLength: 4 }), fc.array(gap, { minLength: 1, maxLength: 20 }), (all, gaps) => {
      const tokens = ['namespace', 'file.space', ';', ...all.flatMap((piece) => piece.tokens)];
      const text = tokens.map((token, i) => token + gaps[i % gaps.length]).join('');
      const { definitions, problems } = parseIdl(text);
      expect(problems).toEqual([]);
      expect(definitions).toEqual(all.map(({ json }) => json));
    }),
    { numRuns: 300 },
  );
});
