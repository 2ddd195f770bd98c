import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaClassPath, run } from './jars.ts';

export interface BrokerOptions {
  /** The broker is gone soon after this process is. Default: this one. */
  readonly owner?: number;
  /** Where all of it lies; removed with it. Default: a new temporary folder. */
  readonly folder?: string;
  /** Added to server.properties. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Further listeners: the protocol of each, such as `SASL_PLAINTEXT`. */
  readonly listeners?: readonly string[];
  /** Passed to the storage tool, as `--add-scram 'SCRAM-SHA-512=[name=…,password=…]'`. */
  readonly format?: readonly string[];
}

/** One Apache Kafka in a process of its own, with its data in a temporary folder. */
export interface Broker {
  /** `host:port` without encryption or authentication; keeps its port over restarts. */
  readonly address: string;
  /** Of further listeners, by protocol. */
  readonly addresses: Readonly<Record<string, string>>;
  /** What the server printed. */
  output(): string;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Again, on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const classPath = await kafkaClassPath();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'kgen-kafka-'));
  const names = ['PLAINTEXT', ...(options.listeners ?? [])];
  const [controller = 0, ...ports] = await freePorts(names.length + 1);
  const properties = join(folder, 'server.properties');
  const listeners = names.map((name, i) => `${name}://127.0.0.1:${ports[i]}`);
  const settings = {
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controller}`].join(),
    'advertised.listeners': listeners.join(),
    'log.dirs': join(folder, 'data').replaceAll('\\', '/'),
    ...options.properties,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const base = readFileSync(join(import.meta.dirname, 'server.properties'), 'utf8');
  writeFileSync(properties, `${base}${lines.join('\n')}\n`);
  const java = [...JVM, '-cp', classPath];
  const format = ['format', '-t', CLUSTER_ID, '-c', properties, ...(options.format ?? [])];

  const pidFile = join(folder, 'pid');
  const address = `127.0.0.1:${ports[0]}`;
  const output = (): string => readIfThere(join(folder, 'server.log'));
  const pid = (): number => Number(readIfThere(pidFile));
  const signal = (name: NodeJS.Signals): void => {
    if (pid() > 0) process.kill(pid(), name);
  };
  let guardian: ChildProcess | undefined;

  const broker: Broker = {
    address,
    addresses: Object.fromEntries(names.map((name, i) => [name, `127.0.0.1:${ports[i]}`])),
    output,
    async start() {
      guardian?.kill();
      const command = ['java', '-Xmx512m', ...java, 'kafka.Kafka', properties];
      const program = join(import.meta.dirname, 'guardian.ts');
      const args = [program, String(options.owner ?? process.pid), folder, pidFile, ...command];
      guardian = spawn(process.execPath, args, { detached: true, stdio: 'ignore' });
      guardian.unref();
      await until(() => pid() > 0, 'Kafka was not started');
      await listening(Number(ports[0]), () => pid() === 0, output);
    },
    async kill() {
      signal('SIGKILL');
      await until(() => pid() === 0, 'Kafka does not die');
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async stop() {
      await broker.kill();
      guardian?.kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    await run('java', [...java, 'kafka.tools.StorageTool', ...format]);
    await broker.start();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}

/** Starts twice as fast as with the optimizing compiler; benchmarks start theirs otherwise. */
const JVM = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Xshare:auto',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];
const CLUSTER_ID = 'kgen-tests-of-kafka-AA';

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition(); await sleep(5)) {
    if (Date.now() > deadline) throw new Error(otherwise);
  }
}

async function listening(port: number, over: () => boolean, output: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await accepts(port))) {
    if (over()) throw new Error(`Kafka ended as it started:\n${output().slice(-3000)}`);
    if (Date.now() > deadline) throw new Error(`Kafka did not start within a minute:\n${output().slice(-3000)}`);
    await sleep(50);
  }
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

async function freePorts(count: number): Promise<number[]> {
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

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
