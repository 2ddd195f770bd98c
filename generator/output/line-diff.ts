/** A line of a diff: `-` stands only in the first text, `+` only in the second, a space in both. */
export interface DiffLine {
  readonly sign: '-' | '+' | ' ' | '…';
  readonly text: string;
}

/** How much work comparing may take: beyond it, the rest of both texts is shown as replaced. */
const MOST_EDITS = 400;
const CONTEXT = 1;

/** The lines that differ, each group with a line around it, `…` between groups. At most `limit` lines; the last then says how many are left out. */
export function diffLines(before: string, after: string, limit: number): readonly DiffLine[] {
  const all = trimContext(edits(before.split(/\r?\n/), after.split(/\r?\n/)));
  if (all.length <= limit) return all;
  const rest = all.slice(limit - 1).filter(({ sign }) => sign === '-' || sign === '+').length;
  return [...all.slice(0, limit - 1), { sign: '…', text: `${rest} more changed ${rest === 1 ? 'line' : 'lines'}` }];
}

/** Myers' greedy algorithm ("An O(ND) Difference Algorithm", 1986) between the common start and end. */
function edits(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

function middle(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const trace = furthest(a, b);
  if (trace === undefined) return [...a.map(removed), ...b.map(added)];
  const lines: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let step = trace.length - 1; step >= 0; step--) {
    const reached = trace[step] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = cameDown(reached, diagonal, step);
    const fromX = reached.get(down ? diagonal + 1 : diagonal - 1) ?? 0;
    const fromY = fromX - (down ? diagonal + 1 : diagonal - 1);
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      lines.push(same(a[x] ?? ''));
    }
    if (step > 0) lines.push(down ? added(b[fromY] ?? '') : removed(a[fromX] ?? ''));
    x = fromX;
    y = fromY;
  }
  return lines.reverse();
}

/** For each number of edits, how far each diagonal was reached before it; undefined where it takes too many. */
function furthest(a: readonly string[], b: readonly string[]): readonly ReadonlyMap<number, number>[] | undefined {
  const reached = new Map<number, number>([[1, 0]]);
  const trace: ReadonlyMap<number, number>[] = [];
  for (let step = 0; step <= Math.min(a.length + b.length, MOST_EDITS); step++) {
    trace.push(new Map(reached));
    for (let diagonal = -step; diagonal <= step; diagonal += 2) {
      let x = cameDown(reached, diagonal, step)
        ? (reached.get(diagonal + 1) ?? 0)
        : (reached.get(diagonal - 1) ?? 0) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      reached.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return trace;
    }
  }
  return undefined;
}

function cameDown(reached: ReadonlyMap<number, number>, diagonal: number, step: number): boolean {
  if (diagonal === -step) return true;
  if (diagonal === step) return false;
  return (reached.get(diagonal - 1) ?? -1) < (reached.get(diagonal + 1) ?? -1);
}

function trimContext(lines: readonly DiffLine[]): readonly DiffLine[] {
  const near = new Set<number>();
  lines.forEach(({ sign }, index) => {
    if (sign === ' ') return;
    for (let each = index - CONTEXT; each <= index + CONTEXT; each++) near.add(each);
  });
  const kept: DiffLine[] = [];
  lines.forEach((line, index) => {
    if (!near.has(index)) return;
    if (kept.length > 0 && !near.has(index - 1)) kept.push({ sign: '…', text: '' });
    kept.push(line);
  });
  return kept;
}

function same(text: string): DiffLine {
  return { sign: ' ', text };
}

function removed(text: string): DiffLine {
  return { sign: '-', text };
}

function added(text: string): DiffLine {
  return { sign: '+', text };
}
