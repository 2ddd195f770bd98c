import { isJsonArray, isJsonObject, member } from '@kgen/runtime/schema';
import { isDefinition } from './avsc.ts';
import { locatorIn, parseStretch } from './json-text.ts';
import type { TextProblem } from './problem.ts';
import type { FileSchema, ParsedFile } from './source-file.ts';

/** A `.avpr` file: the types of a protocol (Avro 1.12, "Protocol Declaration"). Its messages are counted, no more. */
export function parseAvpr(text: string): ParsedFile {
  const problems: TextProblem[] = [];
  const schemas: FileSchema[] = [];
  const whole = { start: 0, end: text.length };
  const offsetOf = locatorIn(text, whole);
  const report = (path: string, reason: string, hint: string): void => {
    problems.push({ offset: offsetOf(path) ?? 0, reason, hint });
  };
  const result = (messages: number): ParsedFile => ({ schemas, imports: [], messages, problems, offsetOf });

  const json = parseStretch(text, whole, problems);
  if (json === undefined) return result(0);
  const name = isJsonObject(json) ? member(json, 'protocol') : undefined;
  if (!isJsonObject(json) || typeof name !== 'string') {
    const hint = 'Write it as { "protocol": "Name", "types": […] }; a schema belongs into a .avsc file';
    report('', 'This is not a protocol: it has no name', hint);
    return result(0);
  }
  const own = member(json, 'namespace') ?? '';
  if (typeof own !== 'string') report('namespace', 'A namespace is a string', 'Write it as "com.example"');
  const types = member(json, 'types') ?? [];
  if (!isJsonArray(types)) report('types', 'The types of a protocol are an array', 'List the definitions in [ ]');

  const dot = name.lastIndexOf('.');
  const namespace = dot === -1 ? (typeof own === 'string' ? own : '') : name.slice(0, dot);
  for (const [i, schema] of (isJsonArray(types) ? types : []).entries()) {
    const path = `types[${i}]`;
    if (isDefinition(schema)) schemas.push({ schema, path, namespace, role: 'named' });
    else report(path, 'Not a record, error, enum or fixed with a name', 'Write it where it is used instead');
  }
  const messages = member(json, 'messages');
  return result(isJsonObject(messages) ? Object.keys(messages).length : 0);
}
