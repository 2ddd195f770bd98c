const GAP = 4;

/**
 * Two texts of lines side by side, each below its heading; undefined where they do not fit.
 * @param width of the terminal, in columns
 */
export function beside(
  left: { readonly heading: string; readonly text: string },
  right: { readonly heading: string; readonly text: string },
  width: number,
): { readonly headings: string; readonly text: string } | undefined {
  const [before, after] = [left.text.split('\n'), right.text.split('\n')];
  const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.length));
  const column = widest([left.heading, ...before]) + GAP;
  if (column + widest([right.heading, ...after]) > width) return undefined;
  const rows = Array.from({ length: Math.max(before.length, after.length) }, (_, i) => {
    return `${(before[i] ?? '').padEnd(column)}${after[i] ?? ''}`.trimEnd();
  });
  return { headings: left.heading.padEnd(column) + right.heading, text: rows.join('\n') };
}
