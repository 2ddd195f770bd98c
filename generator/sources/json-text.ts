import { type Json, JsonError, locateJson, parseJson } from '@kgen/runtime/schema';
import type { TextProblem } from './problem.ts';

/** A stretch of a text that holds one JSON value. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Parses one JSON value of a text; what is wrong with it goes to `problems`. */
export function parseStretch(text: string, { start, end }: Stretch, problems: TextProblem[]): Json | undefined {
  try {
    return parseJson(text.slice(start, end));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    problems.push({
      offset: start + error.offset,
      reason: `Not JSON: ${error.reason}`,
      hint: 'Schemas are strict JSON: no comments, no trailing commas, names in double quotes',
    });
    return undefined;
  }
}

/** Offset in the text of what a JSON path leads to in a stretch of it. */
export function offsetIn(text: string, { start, end }: Stretch, path: string): number | undefined {
  const located = locateJson(text.slice(start, end), path);
  return located && start + located.offset;
}

/** JSON's structure: strings, brackets, and what is between. */
const PIECE = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|[[\]{}]|[^\s"[\]{}]+/g;

/**
 * Cuts a text into JSON values that follow each other with nothing but space between. What is not JSON comes out as some
 * stretch too; parsing it then says what is wrong.
 */
export function jsonValues(text: string): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let depth = 0;
  let start = -1;
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    if (start === -1) start = index;
    if (piece === '{' || piece === '[') depth++;
    else if (piece === '}' || piece === ']') depth--;
    // A comma or a stray bracket between values: this is no sequence, so the parser shall see it all.
    if (depth < 0 || (depth === 0 && piece.startsWith(','))) return [{ start: 0, end: text.length }];
    if (depth > 0) continue;
    stretches.push({ start, end: index + piece.length });
    start = -1;
  }
  return start === -1 ? stretches : [...stretches, { start, end: text.length }];
}
