import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../fetched.ts';
import { freePorts, serverProcess } from '../process-server.ts';
import { kafkaClassPath } from './jars.ts';

export interface BrokerOptions {
  /** The broker is gone soon after this process is. Default: this one. */
  readonly owner?: number;
  /** Where all of it lies; removed with it. Default: a new temporary folder. */
  readonly folder?: string;
  /** Added to server.properties. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Of the controller, the plain listener, and further ones. Default: free ones. */
  readonly ports?: readonly number[];
  /** Further listeners: the protocol of each, such as `SASL_PLAINTEXT`. */
  readonly listeners?: readonly string[];
  /** Of the Java virtual machine. Default: what lets it start fast, at the price of speed. */
  readonly jvm?: readonly string[];
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
  const [controller = 0, ...ports] = options.ports ?? (await freePorts(names.length + 1));
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
  const classes = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', classPath];
  const format = ['format', '-t', CLUSTER_ID, '-c', properties, ...(options.format ?? [])];

  const server = serverProcess({
    name: 'Kafka',
    owner: options.owner ?? process.pid,
    folder,
    ports,
    command: ['java', ...(options.jvm ?? ['-Xmx512m', ...FAST_START]), ...classes, 'kafka.Kafka', properties],
  });
  const broker: Broker = {
    address: `127.0.0.1:${ports[0]}`,
    addresses: Object.fromEntries(names.map((name, i) => [name, `127.0.0.1:${ports[i]}`])),
    output: server.output,
    start: server.start,
    kill: server.kill,
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    stop: server.stop,
  };
  try {
    await run('java', [...FAST_START, ...classes, 'kafka.tools.StorageTool', ...format]);
    await broker.start();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}

/** Twice as fast as with the optimizing compiler. */
const FAST_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];
const CLUSTER_ID = 'kgen-tests-of-kafka-AA';
