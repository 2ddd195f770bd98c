import { hostname } from 'node:os';
import { type Clock, systemClock } from '../time/clock.ts';
import type { JobLog } from './job-log.ts';
import { logValue } from './log-value.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ConsoleLogOptions {
  /** Least level that is written. Default `info`. */
  readonly level?: LogLevel | undefined;
  /** `json`: one JSON object a line, shaped as pino's. `text`: for people. Default: text where the output is a terminal. */
  readonly format?: 'json' | 'text' | undefined;
  /** Takes each line, its newline included. Default: standard error, so that a program's output stays its own. */
  readonly write?: ((line: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** pino's numbers. */
const LEVELS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };
const COLOURS: Readonly<Record<LogLevel, number>> = { debug: 90, info: 32, warn: 33, error: 31 };

/** The log of a job that was given none. */
export function consoleLog(options: ConsoleLogOptions = {}): JobLog {
  const { clock = systemClock, level: least = 'info' } = options;
  const write = options.write ?? ((line: string) => process.stderr.write(line));
  const format = options.format ?? (process.stderr.isTTY ? 'text' : 'json');
  const line = format === 'json' ? jsonLines(hostname()) : textLine;
  const at = (level: LogLevel): JobLog[LogLevel] => {
    if (LEVELS[level] < LEVELS[least]) return () => undefined;
    return (fields, message) => write(line(level, clock.now(), fields, message));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

type Line = (level: LogLevel, time: number, fields: object, message: string | undefined) => string;

function jsonLines(hostname: string): Line {
  return (level, time, fields, message) => {
    const base = { level: LEVELS[level], time, pid: process.pid, hostname };
    const own = fields instanceof Error ? { err: logValue(fields) } : (logValue(fields) as object);
    return `${JSON.stringify({ ...base, ...own, msg: message ?? messageOf(fields) })}\n`;
  };
}

/** `12:30:01.250 info  checkpoint 7  job=airport-delays records=20000` */
function textLine(level: LogLevel, time: number, fields: object, message: string | undefined): string {
  const head = `\u001b[2m${new Date(time).toISOString().slice(11, 23)}\u001b[0m \u001b[${COLOURS[level]}m${level.padEnd(5)}\u001b[0m`;
  const own = fields instanceof Error ? { err: fields } : fields;
  const rest: string[] = [];
  let stack = '';
  for (const [name, value] of Object.entries(own)) {
    if (value instanceof Error) stack += `\n${value.stack ?? String(value)}`;
    else if (value !== undefined) rest.push(`\u001b[2m${name}=\u001b[0m${text(value)}`);
  }
  return `${[head, message ?? messageOf(fields), ...rest].filter((part) => part !== undefined).join(' ')}${stack}\n`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(logValue(value));
}

function messageOf(fields: object): string | undefined {
  return fields instanceof Error ? fields.message : undefined;
}
