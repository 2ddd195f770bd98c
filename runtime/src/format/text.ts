import { encodeFailure, wrongType } from '../codec/primitives/failure.ts';
import { textAt } from '../codec/primitives/text.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import type { Format } from './format.ts';
import { decodeErrorBelow } from './place.ts';

/** Text in UTF-8, as Kafka's StringSerializer writes it; invalid UTF-8 and lone surrogates are refused. */
export const utf8: Format<string> = {
  name: 'utf8',
  read: readText,
  write(writer, value) {
    if (typeof value !== 'string') throw wrongType('a string', value);
    writeText(writer, value);
  },
};

/** Everything up to the reader's end, as text. A byte order mark is a character like any other. */
export function readText(reader: Reader): string {
  const { position, end } = reader;
  try {
    const text = textAt(reader, position, end - position);
    reader.position = end;
    return text;
  } catch (error) {
    throw decodeErrorBelow('', error, -position);
  }
}

/** Up to this many characters, a loop over ASCII is faster than a call into native code. */
const SHORT = 24;

export function writeText(writer: Writer, text: string): void {
  const { length } = text;
  writer.ensure(length * 3);
  const { bytes, position } = writer;
  if (length <= SHORT) {
    let i = 0;
    for (; i < length; i++) {
      const character = text.charCodeAt(i);
      if (character > 127) break;
      bytes[position + i] = character;
    }
    if (i === length) {
      writer.position = position + length;
      return;
    }
  }
  if (!text.isWellFormed()) throw encodeFailure('utf16', 'a lone surrogate, which UTF-8 cannot hold');
  writer.position = position + bytes.write(text, position, 'utf8');
}
