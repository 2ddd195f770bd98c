import pc from 'picocolors';
import { isErrno } from '../output/errno.ts';

/** Where a command prints to. Tests and `--json` swap it; nothing else writes to the process's streams. */
export interface Console {
  /** Results. */
  print(text: string): void;
  /** What is wrong with the call, progress, notes: never part of a result. */
  note(text: string): void;
  readonly colors: ReturnType<typeof pc.createColors>;
  /** How many columns a terminal has; undefined where there is none. */
  readonly width?: number | undefined;
}

export function processConsole(): Console {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      // `kgen … | head` reads as much as it wants; the work is done all the same.
      if (!isErrno(error, 'EPIPE')) throw error;
    });
  }
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    colors: pc.createColors(wantsColor(process.stdout.isTTY)),
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
  };
}

/** Colour only on a terminal, unless FORCE_COLOR asks for it; NO_COLOR (https://no-color.org) wins. */
function wantsColor(isTerminal: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return isTerminal && TERM !== 'dumb';
}

const STEERING = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** JSON that cannot steer the terminal: its strings may hold what JSON itself does not escape. */
export function plainJson(json: string): string {
  return json.replaceAll(STEERING, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text of a schema, a path or a tool as one line that cannot steer the terminal. */
export function plain(text: string): string {
  return text.replaceAll(STEERING, (character) => {
    if (character === '\t') return '  ';
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** `1 finding`, `2 findings` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Lines that start with `+`, `-` or `~`, in the colour of it. */
export function printChanges(lines: readonly string[], { colors, print }: Console): void {
  const paint: { readonly [sign: string]: (text: string) => string } = {
    '+': colors.green,
    '-': colors.red,
    '~': colors.yellow,
  };
  for (const line of lines) {
    const [sign = ''] = line;
    print((paint[sign]?.(sign) ?? sign) + plain(line.slice(1)));
  }
}
