/** A member of a JSON object: where its key starts and its value lies in the text. */
interface Member {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * Adds members to the object `key` of a JSON text, which is made where it is missing. Members that exist are left alone,
 * and every other byte stays as it is: indentation, line ends, order. @throws SyntaxError where it is not a JSON object
 */
export function addMembers(text: string, key: string, added: { readonly [name: string]: string }): string {
  const open = openingBrace(text);
  const members = membersOf(text, open);
  const object = members.find((member) => member.key === key);
  const unit = indentation(text, members);
  if (object === undefined) {
    const body = Object.entries(added).map(([name, value]) => `${unit}${unit}${pair(name, value)}`);
    const newline = lineEnd(text);
    return insert(text, open, members, `"${key}": {${newline}${body.join(`,${newline}`)}${newline}${unit}}`, unit, '');
  }
  if (text[object.valueStart] !== '{') throw new SyntaxError(`"${key}" is not an object`);
  let result = text;
  for (const [name, value] of Object.entries(added)) {
    const present = membersOf(result, object.valueStart);
    if (present.some((member) => member.key === name)) continue;
    result = insert(result, object.valueStart, present, pair(name, value), unit + unit, unit);
  }
  return result;
}

/**
 * Sets a member that is a text; every other byte of a JSON text stays as it is.
 * @throws SyntaxError where it is not a JSON object
 */
export function setMember(text: string, key: string, value: string): string {
  const open = openingBrace(text);
  const members = membersOf(text, open);
  const member = members.find((each) => each.key === key);
  if (member === undefined) return insert(text, open, members, pair(key, value), indentation(text, members), '');
  return text.slice(0, member.valueStart) + JSON.stringify(value) + text.slice(member.valueEnd);
}

function openingBrace(text: string): number {
  JSON.parse(text.replace(/^\uFEFF/, ''));
  const open = text.search(/[^\s\uFEFF]/);
  if (text[open] !== '{') throw new SyntaxError('it is not a JSON object');
  return open;
}

/** Puts a member behind the last one of the object that opens at `open`. */
function insert(
  text: string,
  open: number,
  members: readonly Member[],
  member: string,
  indent: string,
  outerIndent: string,
): string {
  const last = members.at(-1);
  const newline = lineEnd(text);
  if (last !== undefined) {
    const before = text.slice(0, last.start);
    const sameLine = !/\n[ \t]*$/.test(before);
    const separator = sameLine ? ', ' : `,${newline}${/[ \t]*$/.exec(before)?.[0] ?? ''}`;
    return text.slice(0, last.valueEnd) + separator + member + text.slice(last.valueEnd);
  }
  const close = text.indexOf('}', open);
  return `${text.slice(0, open + 1)}${newline}${indent}${member}${newline}${outerIndent}${text.slice(close)}`;
}

function membersOf(text: string, open: number): readonly Member[] {
  const members: Member[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
  token.lastIndex = open + 1;
  let depth = 0;
  let key: { readonly name: string; readonly start: number } | undefined;
  let value: number | undefined;
  let end = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [part] = match;
    if (depth === 0 && (part === ',' || part === '}')) {
      if (key !== undefined && value !== undefined) {
        members.push({ key: key.name, start: key.start, valueStart: value, valueEnd: end });
      }
      if (part === '}') break;
      key = undefined;
      value = undefined;
      continue;
    }
    if (key === undefined) key = { name: JSON.parse(part), start: match.index };
    else if (!(depth === 0 && part === ':')) value ??= match.index;
    if (part === '{' || part === '[') depth += 1;
    if (part === '}' || part === ']') depth -= 1;
    end = token.lastIndex;
  }
  return members;
}

function indentation(text: string, members: readonly Member[]): string {
  const first = members[0];
  return (first === undefined ? undefined : /\n([ \t]+)$/.exec(text.slice(0, first.start))?.[1]) ?? '  ';
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function pair(name: string, value: string): string {
  return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
}
