import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerProcess {
  /** What the server printed. */
  output(): string;
  /** Starts it, again after `kill`, and waits until its port accepts. */
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
  readonly port: number;
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}): ServerProcess {
  const { name, owner, folder, port, command } = options;
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
      await listening(name, port, () => pid() === 0, output);
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

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition(); await sleep(5)) {
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
