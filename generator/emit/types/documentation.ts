const WIDTH = 120;

/**
 * A `doc` as TSDoc. It may hold anything: it cannot end the comment, and it gives no instructions to the compiler or
 * to linters, which look for `@` and for comments that start in a certain way. Empty where there is nothing to say.
 */
export function documentation(doc: string | undefined, indent = ''): readonly string[] {
  const lines = (doc ?? '').split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/).map(harmless);
  while (lines[0] === '') lines.shift();
  while (lines.at(-1) === '') lines.pop();
  const [first] = lines;
  if (first === undefined) return [];
  if (lines.length === 1 && indent.length + first.length + '/**  */'.length <= WIDTH)
    return [`${indent}/** ${first} */`];
  const wrapped = lines.flatMap((line) => wrap(line, WIDTH - indent.length - ' * '.length));
  return [`${indent}/**`, ...wrapped.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

function harmless(line: string): string {
  return (
    line
      // Invisible characters, those that turn the direction of text among them (CVE-2021-42574).
      .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu, (character) => (character === '\t' ? ' ' : '\ufffd'))
      .replaceAll('*/', '*\\/')
      .replaceAll(/(?<![\p{L}\p{N}])@(?!deprecated\b)/gu, '\\@')
      .trimEnd()
  );
}

/** Breaks a line at spaces. */
function wrap(line: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    if (at <= 0 || rest.slice(0, at).trim() === '') break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at + 1);
  }
  return [...lines, rest];
}
