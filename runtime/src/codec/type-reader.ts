import { readAvroJson } from './avro-json/read.ts';
import { readOne } from './decoding.ts';
import type { Reader } from './reader.ts';
import { interpret } from './resolution/interpreter.ts';
import { planRead } from './resolution/plan-read.ts';
import type { AvroType } from './schema/type.ts';

/** Reads values of a type that no code was generated for. */
export interface TypeReader {
  /**
   * Reads one value at the reader's position and moves it behind.
   * @throws AvroDecodeError with an offset from where the value starts
   */
  readonly read: (reader: Reader) => unknown;
  /** Reads Avro's JSON encoding. @throws AvroDecodeError with code `json` */
  readonly fromAvroJson: (text: string) => unknown;
}

/**
 * Interprets a type: for tools, which meet schemas at run time. With `writer`, bytes are of that type, and resolved.
 * @throws AvroSchemaError with code `resolution` where no data of the writer can be read
 */
export function typeReader(type: AvroType, writer: AvroType = type): TypeReader {
  const plan = planRead(writer, type);
  const read = interpret(plan);
  return {
    read: (reader) => readOne(read, () => plan, reader),
    fromAvroJson: (text) => readAvroJson(type, text),
  };
}
