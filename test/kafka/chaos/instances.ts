import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { WorkerOptions, WorkerReport } from './worker.ts';

/** How a process ended: by a signal, or with a code. */
export type Ending = NodeJS.Signals | number;

/** A process that runs the job. */
export class WorkerProcess {
  readonly name: string;
  /** Records in committed checkpoints, as far as it has told. */
  records = 0;
  /** How many of these there were when it last woke: without more, it may not have joined again. */
  recordsAwake = 0;
  /** It has tasks, or had. */
  atWork = false;
  /** A fault is befalling it. */
  disturbed = false;
  readonly ended: Promise<Ending>;
  #ending: Ending | undefined;
  readonly #child: ChildProcess;
  #said = '';

  constructor(name: string, options: WorkerOptions) {
    this.name = name;
    this.#child = fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(options)], {
      execArgv: ['--conditions=kgen-source'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-8000);
    });
    this.#child.on('message', ({ records }: WorkerReport) => {
      this.atWork = true;
      this.records += records;
    });
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#ending = signal ?? code ?? -1;
        resolve(this.#ending);
      });
    });
  }

  get alive(): boolean {
    return this.#ending === undefined;
  }

  /** The end of what it logged. */
  get said(): string {
    return `${this.name} (${this.#ending ?? 'runs'}):\n${this.#said}`;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Also where it is suspended. */
  async kill(): Promise<void> {
    if (this.alive) this.signal('SIGKILL');
    await this.ended;
  }
}
