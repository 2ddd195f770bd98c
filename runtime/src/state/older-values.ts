import type { Codec } from '../codec/codec.ts';
import { changedMeanings } from '../codec/resolution/changed-meaning.ts';
import { parseSchema } from '../codec/schema/read-schemas.ts';

/**
 * Reads values that a state's older schema wrote.
 * @throws Error, naming state and path, where no value of it can be read, or where they would mean something else
 */
export function olderDecoder(state: string, codec: Codec<unknown>, schema: string): (bytes: Uint8Array) => unknown {
  checkMeaning(state, codec, schema);
  try {
    return codec.decoderFor(schema);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`values of state ${state} were written with another schema: ${reason}`, { cause });
  }
}

/**
 * Logical types say what values mean, and resolution takes no notice of them: milliseconds would be read as microseconds.
 * @throws Error, naming state and path
 */
export function checkMeaning(state: string, codec: Codec<unknown>, schema: string): void {
  if (schema === codec.schema) return;
  // As they are in Avro: how the config shows them in TypeScript changes no value.
  const options = { defaults: 'ignore' } as const;
  const changes = changedMeanings(parseSchema(schema, {}, options), parseSchema(codec.schema, {}, options));
  // What is out of range is refused value by value.
  const [change] = changes.filter(({ kind }) => kind === 'value');
  if (change === undefined) return;
  const path = change.path === '' ? '' : `${change.path}: `;
  throw new Error(`values of state ${state} would mean something else: ${path}${change.reason}`);
}
