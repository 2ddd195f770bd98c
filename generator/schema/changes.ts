import {
  type AvroType,
  type EnumType,
  type Field,
  type FixedType,
  type RecordType,
  writeJson,
} from '@kgen/runtime/schema';
import { avroText, typeScriptText } from './type-text.ts';

/** One difference between two versions of a type, as its users in TypeScript see it. */
export interface Change {
  /** `+` there is more, `-` there is less, `~` it is another. */
  readonly mark: '+' | '-' | '~';
  /** `cause: DelayCause | null`, `delay: int -> long (number -> bigint)`, `'WEATHER'`. */
  readonly text: string;
}

/** `+ cause: DelayCause | null` */
export function changeText({ mark, text }: Change): string {
  return `${mark} ${text}`;
}

/**
 * What differs between two versions of a type: fields, symbols, types, defaults, orders. Named types inside are compared by
 * name, since each has changes of its own. `doc`, aliases and custom properties change no type.
 */
export function describeChanges(before: AvroType, after: AvroType): readonly Change[] {
  if (before.kind === 'record' && after.kind === 'record') return recordChanges(before, after);
  if (before.kind === 'enum' && after.kind === 'enum') return enumChanges(before, after);
  if (before.kind === 'fixed' && after.kind === 'fixed') return fixedChanges(before, after);
  if (before.kind !== after.kind && (isNamed(before) || isNamed(after))) {
    return [{ mark: '~', text: `${before.kind} -> ${after.kind}` }];
  }
  return typeChange('', before, after);
}

function isNamed(type: AvroType): boolean {
  return 'name' in type;
}

function recordChanges(before: RecordType, after: RecordType): readonly Change[] {
  const old = new Map(before.fields.map((field) => [field.name, field]));
  const kept = new Set(after.fields.map(({ name }) => name));
  const renamed = new Set<string>();
  const changes: Change[] = [];
  for (const field of after.fields) {
    const same = old.get(field.name);
    const previous = same ?? field.aliases.map((alias) => old.get(alias)).find((f) => f && !kept.has(f.name));
    if (previous === undefined) {
      changes.push({ mark: '+', text: `${field.name}: ${typeScriptText(field.type)}` });
      continue;
    }
    if (same === undefined) {
      renamed.add(previous.name);
      changes.push({ mark: '~', text: `${previous.name} -> ${field.name}: ${typeScriptText(field.type)}` });
    }
    changes.push(...fieldChanges(previous, field));
  }
  for (const { name } of before.fields) {
    if (!kept.has(name) && !renamed.has(name)) changes.push({ mark: '-', text: name });
  }
  return [...changes, ...orderChange('fields', names(before.fields), names(after.fields))];
}

function fieldChanges(before: Field, after: Field): readonly Change[] {
  const changes = [...typeChange(`${after.name}: `, before.type, after.type)];
  const [from, to] = [defaultText(before), defaultText(after)];
  if (from !== to) changes.push({ mark: '~', text: `${after.name}: default ${from} -> ${to}` });
  return changes;
}

const SHOWN_DEFAULT = 60;

function defaultText(field: Field): string {
  if (field.default === undefined) return 'none';
  const text = writeJson(field.default.json);
  return text.length > SHOWN_DEFAULT ? `${text.slice(0, SHOWN_DEFAULT)}…` : text;
}

/** Both languages, where they say different things: `int -> long (number -> bigint)`. */
function typeChange(label: string, before: AvroType, after: AvroType): readonly Change[] {
  // Simple names, unless what changed is the namespace.
  for (const full of [false, true]) {
    const avro = [avroText(before, full), avroText(after, full)] as const;
    const script = [typeScriptText(before, full), typeScriptText(after, full)] as const;
    const text = pairText(avro, script);
    if (text !== undefined) return [{ mark: '~', text: label + text }];
  }
  return [];
}

type Pair = readonly [before: string, after: string];

function pairText(avro: Pair, script: Pair): string | undefined {
  const arrow = ([before, after]: Pair): string => (before === after ? after : `${before} -> ${after}`);
  if (avro[0] === avro[1] && script[0] === script[1]) return undefined;
  const same = script[0] !== script[1] && nullLast(avro[0]) === script[0] && nullLast(avro[1]) === script[1];
  return same ? arrow(script) : `${arrow(avro)} (${arrow(script)})`;
}

function nullLast(union: string): string {
  return union.startsWith('null | ') ? `${union.slice('null | '.length)} | null` : union;
}

function enumChanges(before: EnumType, after: EnumType): readonly Change[] {
  const old = new Set(before.symbols);
  const now = new Set(after.symbols);
  const changes: Change[] = [
    ...after.symbols
      .filter((symbol) => !old.has(symbol))
      .map((symbol) => ({ mark: '+', text: `'${symbol}'` }) as const),
    ...before.symbols
      .filter((symbol) => !now.has(symbol))
      .map((symbol) => ({ mark: '-', text: `'${symbol}'` }) as const),
    ...orderChange('symbols', before.symbols, after.symbols),
  ];
  if (before.default !== after.default) {
    changes.push({ mark: '~', text: `default ${before.default ?? 'none'} -> ${after.default ?? 'none'}` });
  }
  return changes;
}

function fixedChanges(before: FixedType, after: FixedType): readonly Change[] {
  const changes: Change[] = [];
  if (before.size !== after.size) changes.push({ mark: '~', text: `size ${before.size} -> ${after.size}` });
  const plain = (type: FixedType): AvroType =>
    type.logical ? { kind: 'bytes', as: type.as, logical: type.logical } : { kind: 'bytes', as: type.as };
  return [...changes, ...typeChange('', plain(before), plain(after))];
}

/** The order is part of how values lie in bytes. Told apart from additions and removals. */
function orderChange(what: string, before: readonly string[], after: readonly string[]): readonly Change[] {
  const old = new Set(before);
  const now = new Set(after);
  const from = before.filter((name) => now.has(name));
  const to = after.filter((name) => old.has(name));
  return from.every((name, i) => name === to[i]) ? [] : [{ mark: '~', text: `order of ${what}` }];
}

function names(fields: readonly Field[]): readonly string[] {
  return fields.map(({ name }) => name);
}
