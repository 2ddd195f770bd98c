import type { AvroType } from '@kgen/runtime/schema';
import type { Finding } from '../finding.ts';
import { compatibilityWith, type EarlierSchema, type LevelResult } from '../schema/compatibility.ts';
import { evolution } from '../schema/evolution.ts';

/** One of two schemas that are compared. */
export interface Side {
  /** `version 2 (id 7)`, `schemas/order.avsc` */
  readonly name: string;
  readonly version?: number | undefined;
  readonly id?: number | undefined;
  readonly file?: string | undefined;
}

/** What lies between two schemas. `--json` prints it. */
export interface Comparison {
  readonly subject?: string | undefined;
  readonly from: Side;
  readonly to: Side;
  /** In terms of types, a line each. */
  readonly changes: readonly string[];
  readonly levels: readonly LevelResult[];
  /** The subject's own level. */
  readonly level?: string | undefined;
  /** True where `to` is not registered, and the subject's level forbids it. */
  readonly forbidden: boolean;
}

export interface Compared {
  readonly subject?: string | undefined;
  readonly from: Side & { readonly type: AvroType };
  readonly to: Side & { readonly type: AvroType };
  /** What an unnamed root is called. */
  readonly rootName: string;
  /** Ascending; `from` is usually the last. */
  readonly earlier: readonly EarlierSchema[];
  /** Of the subject, where `to` would have to meet it. */
  readonly level?: string | undefined;
}

export function compareSchemas({ subject, from, to, rootName, earlier, level }: Compared): Comparison {
  const levels = compatibilityWith(to.type, earlier);
  return {
    subject,
    from: sideOf(from),
    to: sideOf(to),
    changes: evolution(from.type, to.type, rootName),
    levels,
    level,
    forbidden: levels.some((each) => each.level === level && !each.holds),
  };
}

function sideOf({ name, version, id, file }: Side): Side {
  return { name, version, id, file };
}

/** What a subject's level forbids, with all that breaks it. */
export function forbiddenFinding({ subject, to, level, levels }: Comparison, reason: string): Finding {
  const own = levels.find((each) => each.level === level);
  const breaks = (own?.breaks ?? []).map(({ path, reason: why }) => `\n${path === '' ? 'the value' : path}: ${why}`);
  const hint = `Change the schema so that level ${level} holds: see \`kgen diff ${subject}\``;
  return { file: to.file, path: subject, reason: reason + breaks.join(''), hint };
}
