import { type AvroType, PlainPlans, RecursiveRecords, type TypeMapping } from '@kgen/runtime/schema';
import type { Model, TypeModel } from '../../model/model.ts';

/** What printing a type takes to know of the others. */
export interface EmitContext {
  /** What files about all types name as their source: the config. */
  readonly source: string;
  readonly importExtension: '.ts' | '.js' | '';
  readonly mapping: TypeMapping;
  /** The file of each type that has one. */
  readonly files: ReadonlyMap<AvroType, TypeModel>;
  /** Schemas of earlier writers by full name, as normalized JSON: reading them is compiled too. */
  readonly writers: ReadonlyMap<string, readonly string[]>;
  /** How each type reads its own data. */
  readonly plans: PlainPlans;
  readonly recursive: RecursiveRecords;
}

export interface EmitOptions {
  readonly source?: string | undefined;
  readonly importExtension: '.ts' | '.js' | '';
  readonly writers?: ReadonlyMap<string, readonly string[]> | undefined;
}

export function emitContext(model: Pick<Model, 'types' | 'mapping'>, options: EmitOptions): EmitContext {
  return {
    source: options.source ?? 'schemas',
    importExtension: options.importExtension,
    mapping: model.mapping,
    files: new Map(model.types.map((type) => [type.type, type])),
    writers: options.writers ?? new Map(),
    plans: new PlainPlans(),
    recursive: new RecursiveRecords(),
  };
}

/** `readFlight` */
export function readerName({ identifier }: TypeModel): string {
  return `read${upperFirst(identifier)}`;
}

/** `writeFlight` */
export function writerName({ identifier }: TypeModel): string {
  return `write${upperFirst(identifier)}`;
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
