import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { accepts, startBroker } from './broker.ts';

/** What vitest runs as: its workers come and go, and the broker is for all of them. */
const RUN = isMainThread ? process.ppid : process.pid;

type Found = { readonly brokers: string } | { readonly unavailable: string };

/**
 * Addresses of a Kafka for all test files of this run: the one that `KAFKA_BROKERS` names, or one that the first file to ask
 * starts, and that ends with the run. Test files must not stop it; who wants to starts a broker of their own.
 */
export async function sharedKafka(): Promise<Found> {
  const { KAFKA_BROKERS } = process.env;
  if (KAFKA_BROKERS !== undefined && KAFKA_BROKERS !== '') return { brokers: KAFKA_BROKERS };
  const folder = join(tmpdir(), `kgen-kafka-run-${RUN}`);
  const address = join(folder, 'address');
  for (const deadline = Date.now() + 150_000; Date.now() < deadline; await sleep(50)) {
    if (claim(folder)) return start(folder, address);
    const brokers = existsSync(address) ? readFileSync(address, 'utf8') : undefined;
    if (brokers === undefined) continue;
    if (await accepts(Number(brokers.split(':').at(-1)))) return { brokers };
    rmSync(folder, { recursive: true, force: true }); // of a process that had this number before
  }
  throw new Error(`the broker that another test file starts does not come up (${folder})`);
}

/** True for one caller alone. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Who waits for a broker that cannot be had finds the folder gone, and out by itself. */
async function start(folder: string, address: string): Promise<Found> {
  try {
    const brokers = (await startBroker({ owner: RUN, folder })).address;
    writeFileSync(`${address}.new`, brokers);
    renameSync(`${address}.new`, address);
    return { brokers };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (error instanceof Error && 'code' in error && error.code === 'KAFKA_UNAVAILABLE')
      return { unavailable: error.message };
    throw error;
  }
}
