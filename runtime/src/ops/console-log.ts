import { hostname } from 'node:os';
import { type Clock, systemClock } from '../time/clock.ts';
import type { JobLog } from './job-log.ts';
import { logValue } from './log-value.ts';
import { textLines } from './text-line.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ConsoleLogOptions {
  /** Least level that is written. Default `info`. */
  readonly level?: LogLevel | undefined;
  /** `json`: one JSON object a line, shaped as pino's. `text`: for people. Default: text where the output is a terminal. */
  readonly format?: 'json' | 'text' | undefined;
  /** Of text. Default: where standard error is a terminal that has them, and NO_COLOR is not set. */
  readonly colours?: boolean | undefined;
  /** Takes each line, its newline included. Default: standard error, so that a program's output stays its own. */
  readonly write?: ((line: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** pino's numbers. */
const LEVELS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

/** The log of a job that was given none. */
export function consoleLog(options: ConsoleLogOptions = {}): JobLog {
  const { clock = systemClock, level: least = 'info' } = options;
  const write = options.write ?? ((line: string) => process.stderr.write(line));
  const format = options.format ?? (process.stderr.isTTY ? 'text' : 'json');
  const line = format === 'json' ? jsonLines(hostname()) : textLines(options.colours ?? coloursOf(process.stderr));
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

/** Knows NO_COLOR, FORCE_COLOR and dumb terminals. */
function coloursOf(stream: { readonly isTTY?: boolean; hasColors?(): boolean }): boolean {
  return stream.isTTY === true && stream.hasColors?.() === true;
}

function messageOf(fields: object): string | undefined {
  return fields instanceof Error ? fields.message : undefined;
}
