import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerProcess {
  /** What the server printed. */
  output(): string;
  /** Starts it, again after `kill`, and waits until its ports accept. */
  start(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** To the server itself; nothing where it is gone. */
  signal(name: NodeJS.Signals): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** A server in a process of its own, that ends soon after `owner` does; its folder is removed with it. */
export function serverProcess(options: {
  readonly name: string;
  readonly owner: number;
  readonly folder: string;
  readonly ports: readonly number[];
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}): ServerProcess {
  const { name, owner, folder, ports, command } = options;
  const pidFile = join(folder, 'pid');
  const output = (): string => readIfThere(join(folder, 'server.log'));
  const pid = (): number => Number(readIfThere(pidFile));
  let guardian: ChildProcess | undefined;
  const server: ServerProcess = {
    output,
    async start() {
      guardian?.kill();
      const program = join(import.meta.dirname, 'guardian.ts');
      const env = { ...process.env, ...options.env };
      const args = [program, String(owner), folder, pidFile, ...command];
      guardian = spawn(process.execPath, args, { detached: true, stdio: 'ignore', env });
      guardian.unref();
      await until(() => pid() > 0, `${name} was not started`);
      for (const port of ports) await listening(name, port, () => pid() === 0, output);
    },
    async kill() {
      server.signal('SIGKILL');
      await until(() => pid() === 0, `${name} does not die`);
    },
    signal(signal) {
      if (pid() > 0) process.kill(pid(), signal);
    },
    async stop() {
      await server.kill();
      guardian?.kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return server;
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/**
 * Ports that nobody listens at, below those that a system hands out: a server takes seconds to listen at its own, and is away
 * for seconds where a test kills it. Nobody who asks for any port, or connects from one, gets it meanwhile.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > 1000) throw new Error('there are no free ports');
    const port = nextPort;
    nextPort = port + 1 < LAST_PORT ? port + 1 : FIRST_PORT;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
/** Processes of this run begin at different ones. */
let nextPort = FIRST_PORT + (process.pid % 375) * 32;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; !condition(); await sleep(5)) {
    if (Date.now() > deadline) throw new Error(otherwise);
  }
}

async function listening(name: string, port: number, over: () => boolean, output: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await accepts(port))) {
    if (over()) throw new Error(`${name} ended as it started:\n${output().slice(-3000)}`);
    if (Date.now() > deadline) throw new Error(`${name} did not start within a minute:\n${output().slice(-3000)}`);
    await sleep(50);
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
