import type { Cell } from '../cell.ts';
import { SINGLE_OBJECT_HEADER, singleObjectFingerprint } from '../changelog-key.ts';
import type { Slab } from '../slab.ts';
import type { WriterSchemas } from '../writer-schemas.ts';

/** What takes values out of a local store. */
export interface StoredValues {
  readonly slab: Slab;
  readonly schemas: WriterSchemas;
  /** Of the state's own schema. */
  readonly fingerprint: bigint;
}

/** Copies a stored value into memory, and lets the cell have it. @throws Error where it is none */
export function takeStored(cell: Cell, value: Buffer, { slab, schemas, fingerprint }: StoredValues): void {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const writer = singleObjectFingerprint(view, 0, value.length);
  if (writer === undefined) throw new Error("a value of the local store without Avro's single-object header");
  cell.address = slab.store(value, SINGLE_OBJECT_HEADER, value.length);
  cell.length = value.length - SINGLE_OBJECT_HEADER;
  cell.schema = writer === fingerprint ? 0 : schemas.number(writer);
}
