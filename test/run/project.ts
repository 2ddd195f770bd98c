import type { ChildProcess } from 'node:child_process';
import { config, FLIGHT, install, Sandbox } from '../cli/harness.ts';

/** A job that copies lines, and does with some of them what a test asks for. */
const JOB = `
import { setTimeout as sleep } from 'node:timers/promises';
// Without extension: kgen run resolves imports as compilers do.
import { copyLines } from '../generated/jobs/copy-lines';

export default copyLines({
  async lines(line, ctx) {
    if (line === 'poison') throw new Error('cannot digest this');
    if (line === 'hang') {
      ctx.log.info({}, 'the handler hangs');
      await new Promise(() => setInterval(() => {}, 1000));
    }
    if (line === 'slow') await sleep(300);
    if (line === 'leak') setInterval(() => {}, 1000);
    if (line === 'late') setTimeout(() => { throw new Error('nobody caught this'); }, 10);
    if (line === 'exit') process.exit(3);
    const count = (ctx.state.seen.get() ?? 0) + 1;
    ctx.state.seen.set(count);
    ctx.emit.copies(ctx.key, line + ' ' + count);
  },
});
`;

/** The config of the job; `more` beside it. */
export const configOf = (more = ''): string =>
  config(`
  schemas: ['schemas/*.avsc'],
  out: 'src/generated',
  topics: { lines: { key: 'utf8', value: 'utf8' }, copies: { key: 'utf8', value: 'utf8' } },
  jobs: { 'copy-lines': { inputs: { lines: {} }, outputs: ['copies'], state: { seen: 'int' }, checkpoint: { interval: '20 ms' } } },
  ${more}
`);

/** A user's project with a job, generated code and all. `type` of its package.json is none: CommonJS, as npm init leaves it. */
export async function jobProject(files: { readonly [path: string]: string } = {}): Promise<Sandbox> {
  const project = new Sandbox({
    'package.json': { name: 'lines', private: true },
    'schemas/flight.avsc': FLIGHT,
    'kgen.config.ts': configOf(),
    'src/jobs/copy-lines.ts': JOB,
    ...files,
  });
  install(project, '@kgen/runtime');
  const { code, stdout, stderr } = await project.run(['generate']);
  if (code !== 0) throw new Error(`generate: ${stdout}${stderr}`);
  return project;
}

export interface Line {
  readonly level: number;
  readonly msg: string;
  readonly thread?: number;
  readonly instance?: string;
  readonly [field: string]: unknown;
}

/** A call of `kgen run` under way. */
export class KgenRun {
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  #said = '';

  constructor(project: Sandbox, args: readonly string[], env: { readonly [name: string]: string } = {}) {
    const none = { KAFKA_BROKERS: '', LOG_LEVEL: '', LOG_FORMAT: '' };
    this.#child = project.start(['run', ...args], { env: { ...none, ...env } });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
    this.ended = new Promise((resolve) => this.#child.on('close', (code, signal) => resolve(signal ?? code ?? -1)));
  }

  /** All that it printed. */
  get said(): string {
    return this.#said;
  }

  /** What it logged as JSON, so far. */
  get lines(): readonly Line[] {
    return this.#said
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** For a test's end, whatever became of it. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
