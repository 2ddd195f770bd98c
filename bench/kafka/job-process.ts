import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface JobProcessOptions {
  readonly brokers: readonly string[];
  readonly job: 'counts' | 'map';
  readonly input: string;
  readonly output: string;
  /** Of the group. */
  readonly name: string;
  /** Ends when it has processed what the input holds. */
  readonly untilLatest?: boolean | undefined;
  /** Of the instance. */
  readonly instance?: string | undefined;
  /** In milliseconds. */
  readonly sessionTimeout?: number | undefined;
  /** In milliseconds. */
  readonly checkpointInterval?: number | undefined;
}

/** What the process says when it has ended. */
export interface JobFigures {
  readonly records: number;
  readonly checkpoints: number;
  /** From the call of `run` to its end, in milliseconds. */
  readonly duration: number;
  /** User and system time of the whole process, in seconds. */
  readonly cpu: number;
  /** Peak of resident memory, in bytes. */
  readonly peakMemory: number;
}

export interface JobProcess {
  /** @throws Error where the job failed, or was ended by a signal */
  readonly ended: Promise<JobFigures>;
  /** Resident memory now, in bytes; undefined where the system does not say. */
  memory(): number | undefined;
  /** CPU seconds so far; undefined where the system does not say. */
  cpu(): number | undefined;
  stop(): Promise<JobFigures>;
  /** By SIGKILL. */
  kill(): void;
}

/** The package as it is published: jobs run what was built last. */
export function buildPackages(): void {
  execFileSync(process.execPath, ['build.ts'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** A job of the bench's own project in a process of its own. */
export function startJob(options: JobProcessOptions): JobProcess {
  const { brokers, job, input, output, name, instance, sessionTimeout, checkpointInterval, untilLatest } = options;
  const child = spawn(process.execPath, [join(ROOT, 'bench/peers/src/main.ts')], {
    env: {
      ...process.env,
      BOOTSTRAP: brokers.join(),
      JOB: job,
      INPUT: input,
      OUTPUT: output,
      APP_ID: name,
      ...(untilLatest === true ? { UNTIL: 'latest' } : {}),
      ...(instance === undefined ? {} : { INSTANCE: instance }),
      ...(sessionTimeout === undefined ? {} : { SESSION_MS: String(sessionTimeout) }),
      ...(checkpointInterval === undefined ? {} : { COMMIT_MS: String(checkpointInterval) }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = figuresOf(child);
  ended.catch(() => undefined);
  return {
    ended,
    memory: () => status(child, 'status', /VmRSS:\s+(\d+) kB/, 1024),
    cpu: () => processorSeconds(child),
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}

function figuresOf(child: ChildProcess): Promise<JobFigures> {
  let said = '';
  let failed = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    failed = (failed + text).slice(-4096);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(said) as JobFigures);
      else reject(new Error(`the job ended with ${signal ?? code}: ${failed}`));
    });
  });
}

function processorSeconds(child: ChildProcess): number | undefined {
  // Times in ticks, of which Linux has 100 a second; the name before them may hold spaces.
  const text = proc(child, 'stat');
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / 100;
}

function status(child: ChildProcess, file: string, pattern: RegExp, unit: number): number | undefined {
  const found = pattern.exec(proc(child, file) ?? '')?.[1];
  return found === undefined ? undefined : Number(found) * unit;
}

function proc(child: ChildProcess, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
