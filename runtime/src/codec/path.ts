/** One step into a value: a field, an item, or an entry of a map. */
export type PathSegment = string | number | { readonly key: string };

/** `items[3].sku`, `tags["a b"]`; `''` for the value itself. */
export function pathText(segments: readonly PathSegment[]): string {
  let text = '';
  for (const segment of segments) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (typeof segment === 'object') text += `[${JSON.stringify(segment.key)}]`;
    else text += text === '' ? segment : `.${segment}`;
  }
  return text;
}

const SEGMENT = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([^.[]+)/gy;

/** The steps that `pathText` wrote. */
export function pathSteps(text: string): readonly (string | number)[] {
  const steps: (string | number)[] = [];
  for (const [, index, key, name] of text.matchAll(SEGMENT)) {
    if (index !== undefined) steps.push(Number(index));
    else steps.push(key === undefined ? (name ?? '') : String(JSON.parse(key)));
  }
  return steps;
}

/** The same as property keys, outermost first. */
export function pathKeys(segments: readonly PathSegment[]): PropertyKey[] {
  return segments.map((segment) => (typeof segment === 'object' ? segment.key : segment));
}
