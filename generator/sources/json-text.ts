import { type Json, JsonError, jsonLocator, parseJson } from '@kgen/runtime/schema';
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

/** Finds the offset in the text of what a JSON path leads to in a stretch of it. */
export function locatorIn(text: string, { start, end }: Stretch): (path: string) => number | undefined {
  const locate = jsonLocator(text.slice(start, end));
  return (path) => {
    const offset = locate(path);
    return offset === undefined ? undefined : start + offset;
  };
}

/** JSON's structure: strings, brackets, and what is between. */
const PIECE = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|[[\]{}]|[^\s"[\]{}]+/g;

/**
 * Cuts a text into the JSON objects and arrays that follow each other with nothing but space between. Any other text is one
 * stretch; parsing it then says what is wrong.
 */
export function jsonValues(text: string): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    if (depth === 0) start = index;
    if (piece === '{' || piece === '[') depth++;
    else if (depth === 0) return [{ start: 0, end: text.length }];
    else if (piece === '}' || piece === ']') depth--;
    if (depth === 0) stretches.push({ start, end: index + 1 });
  }
  return depth === 0 ? stretches : [...stretches, { start, end: text.length }];
}
