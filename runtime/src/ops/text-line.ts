import { COUNTS, type JobLog } from './job-log.ts';
import { cut, logValue, stackOf } from './log-value.ts';

const COLOURS: Readonly<Record<keyof JobLog, number>> = { debug: 90, info: 32, warn: 33, error: 31 };
/** Who speaks is said when it changes, not on each line. Threads, whose lines alternate, are told apart by their number. */
const SPEAKER: readonly string[] = ['job', 'instance'];

/**
 * Lines for people: `12:30:01.250 info  checkpoint 7  records=20000 duration=12`, errors below.
 * `colours` as of ANSI terminals.
 */
export function textLines(
  colours: boolean,
): (level: keyof JobLog, time: number, fields: object, message: string | undefined) => string {
  const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const dim = (text: string): string => paint(2, text);
  const speaker = new Map<string, unknown>();
  const isNews = (name: string, value: unknown, thread: unknown): boolean => {
    if (!SPEAKER.includes(name)) return true;
    const place = thread === undefined ? name : `${name} ${thread}`;
    const news = speaker.get(place) !== value;
    speaker.set(place, value);
    return news;
  };
  return (level, time, fields, message) => {
    const own: object = fields instanceof Error ? { err: fields } : fields;
    const { thread } = own as { readonly thread?: unknown };
    const rest: string[] = [];
    let errors = '';
    for (const [name, value] of Object.entries(own)) {
      if (value === 0 && COUNTS in own) continue;
      if (value instanceof Error) errors += errorText(value, dim, '', new Set());
      else if (value !== undefined && isNews(name, value, thread)) rest.push(`${dim(`${name}=`)}${valueText(value)}`);
    }
    const head = `${dim(new Date(time).toISOString().slice(11, 23))} ${paint(COLOURS[level], level.padEnd(5))}`;
    const said = message ?? (fields instanceof Error ? fields.message : '');
    return `${head} ${plain(said, ' ')}${rest.length === 0 ? '' : `  ${rest.join(' ')}`}${errors}\n`;
  };
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return plain(value, ' ');
  if (Array.isArray(value) && value.length > 0 && value.every((each) => /^[\w.:-]+$/.test(String(each))))
    return value.join(',');
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return JSON.stringify(logValue(value));
}

/** What happened, then why. Errors with a code say it all in their message, and causes with one all but what the user's code had to do with it; of others, the stack says where they are from. */
function errorText(error: Error, dim: (text: string) => string, lead: string, told: Set<unknown>): string {
  told.add(error);
  const { code } = error as { readonly code?: unknown };
  const known = typeof code === 'string' && /^(JOB_|LOG$)/.test(code);
  const name = known ? (code === 'LOG' ? '' : `${code}  `) : `${error.name}: `;
  const all = known && !RAISED_BY_CALLS.test(code) ? [] : framesOf(error);
  const users = usersFrames(all);
  const shown = known || users.length > 0 || (lead !== '' && typeof code === 'string') ? users : all;
  const frames = shown.map((frame) => `\n${dim(`    ${frame}`)}`);
  const text = `\n  ${dim(lead)}${name}${plain(cut(error.message), '\n    ')}${frames.join('')}`;
  return text + causeText(error, error.cause, dim, told);
}

/** A cause that the message tells in full, and that is from nowhere in the user's code, says nothing more. What it came from may. */
function causeText(error: Error, cause: unknown, dim: (text: string) => string, told: Set<unknown>): string {
  // Causes may go round in a circle.
  if (!(cause instanceof Error) || told.has(cause)) return '';
  const isTold = 'code' in cause && typeof cause.code === 'string' && error.message.includes(cause.message);
  if (isTold && 'code' in cause && cause.code === 'LOG') return '';
  if (!isTold || usersFrames(framesOf(cause)).length > 0) return errorText(cause, dim, 'caused by ', told);
  told.add(cause);
  return causeText(error, cause.cause, dim, told);
}

/** Known errors whose message does not say where: a call in the user's code was wrong. */
const RAISED_BY_CALLS = /^JOB_(CONTEXT_EXPIRED|TIMER|EMIT_TOPIC)$/;
const OURS = /[\\/]node_modules[\\/](?:@kgen[\\/]runtime|kgen)[\\/]/;

/** The user's part: what called it, or was called by it in the runtime, helps nobody to mend it. */
function usersFrames(frames: readonly string[]): readonly string[] {
  const first = frames.findIndex((frame) => !OURS.test(frame));
  if (first < 0) return [];
  const length = frames.slice(first).findIndex((frame) => OURS.test(frame));
  const users = length < 0 ? frames.slice(first) : frames.slice(first, first + length);
  return users.some((frame) => !/[\\/]node_modules[\\/]/.test(frame)) ? users : [];
}

function framesOf(error: Error): readonly string[] {
  return (stackOf(error) ?? '')
    .split('\n')
    .map((line) => plain(line.trim(), ' '))
    .filter((line) => line.startsWith('at ') && !line.includes('(node:') && !line.includes('at node:'));
}

/** What records and users say cannot steer the terminal. */
function plain(text: string, lineBreak: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n') return lineBreak;
    return character === '\t' ? '  ' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
