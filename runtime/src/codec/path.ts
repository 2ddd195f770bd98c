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

/** The same as property keys, outermost first. */
export function pathKeys(segments: readonly PathSegment[]): PropertyKey[] {
  return segments.map((segment) => (typeof segment === 'object' ? segment.key : segment));
}
