import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { accepts, startBroker } from './broker.ts';

/** What vitest runs as: its workers come and go, and the broker is for all of them. */
const RUN = isMainThread ? process.ppid : process.pid;

/** What the first that asked found. */
type Found = { readonly brokers: string } | { readonly unavailable: string } | { readonly failed: string };

/**
 * Addresses of a Kafka for all test files of this run: the one that `KAFKA_BROKERS` names, or one that the first file to ask
 * starts, and that ends with the run. Test files must not stop it; who wants to starts a broker of their own.
 */
export async function sharedKafka(): Promise<Exclude<Found, { failed: string }>> {
  const { KAFKA_BROKERS } = process.env;
  if (KAFKA_BROKERS !== undefined && KAFKA_BROKERS !== '') return { brokers: KAFKA_BROKERS };
  const folder = join(tmpdir(), `kgen-kafka-run-${RUN}`);
  const found = join(folder, 'found.json');
  for (const deadline = Date.now() + 150_000; Date.now() < deadline; await sleep(50)) {
    if (existsSync(found)) {
      const content: Found = JSON.parse(readFileSync(found, 'utf8'));
      if ('failed' in content) throw new Error(content.failed);
      if ('unavailable' in content || (await accepts(Number(content.brokers.split(':').at(-1))))) return content;
      rmSync(folder, { recursive: true, force: true }); // of a process that had this number before
    }
    if (!claim(folder)) continue;
    const content = await startShared(folder);
    writeFileSync(`${found}.new`, JSON.stringify(content));
    renameSync(`${found}.new`, found);
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

async function startShared(folder: string): Promise<Found> {
  try {
    return { brokers: (await startBroker({ owner: RUN, folder })).address };
  } catch (error) {
    mkdirSync(folder, { recursive: true });
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof Error && 'code' in error && error.code === 'KAFKA_UNAVAILABLE')
      return { unavailable: message };
    return { failed: message };
  }
}
