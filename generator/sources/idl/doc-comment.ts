const LINE_END = /\r\n|\n|\r/;
const STARS = /^[ \t]*(\*{1,2})[ \t]?/;

/**
 * What a doc comment says, from the text between its opening and closing marks: without the column of stars,
 * or without the indentation its lines share. Undefined where it says nothing.
 */
export function docText(content: string): string | undefined {
  const [first = '', ...rest] = content.trim().split(LINE_END);
  const lines = rest.every((line) => STARS.test(line))
    ? [first.replace(rest.length > 0 || first === '*' ? /^\*{1,2}[ \t]?/ : '', ''), ...rest.map(withoutStars)]
    : [first, ...withoutIndent(rest)];
  const text = lines
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
  return text === '' ? undefined : text;
}

function withoutStars(line: string): string {
  return line.replace(STARS, '');
}

function withoutIndent(lines: readonly string[]): readonly string[] {
  let shared: string | undefined;
  for (const line of lines) {
    if (line.trim() === '') continue;
    const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
    shared = shared === undefined ? indent : commonPrefix(shared, indent);
  }
  const length = shared?.length ?? 0;
  return lines.map((line) => (line.trim() === '' ? '' : line.slice(length)));
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
