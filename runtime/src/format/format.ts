import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';

/** How a key or a value lies in a Kafka record. */
export interface Format<T> {
  /** `avro`, `confluent`, `single-object`, `json`, `utf8`, `bytes`, `int32`, `int64`, `float64`, or a name of your own. */
  readonly name: string;
  /**
   * Reads the whole of what lies between the reader's position and its end.
   * @throws AvroDecodeError; nothing of the bytes is kept.
   */
  read(reader: Reader): T;
  /**
   * Appends the value.
   * @throws AvroEncodeError; the writer's position is then where it was before.
   */
  write(writer: Writer, value: T): void;
}
