import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { isUnavailable } from './fetched.ts';
import { accepts } from './process-server.ts';

/** What vitest runs as: its workers come and go, and the server is for all of them. */
const RUN = isMainThread ? process.ppid : process.pid;

export type Found = { readonly address: string } | { readonly unavailable: string };

/** Who starts a server for all: it ends with `owner`, and lies in `folder`. Resolves to its address, the port last. */
export type StartShared = (place: { readonly owner: number; readonly folder: string }) => Promise<string>;

/**
 * A server for all test files of this run: the first file to ask starts it, and it ends with the run. Test files must not
 * stop it; who wants to starts one of its own.
 */
export async function sharedServer(name: string, start: StartShared): Promise<Found> {
  const folder = join(tmpdir(), `kgen-${name}-run-${RUN}`);
  const file = join(folder, 'address');
  for (const deadline = Date.now() + 150_000; Date.now() < deadline; await sleep(50)) {
    if (claim(folder)) return startFirst(start, folder, file);
    const address = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    if (address === undefined) continue;
    if (await accepts(Number(address.split(':').at(-1)))) return { address };
    rmSync(folder, { recursive: true, force: true }); // of a process that had this number before
  }
  throw new Error(`the ${name} that another test file starts does not come up (${folder})`);
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

/** Who waits for a server that cannot be had finds the folder gone, and out by itself. */
async function startFirst(start: StartShared, folder: string, file: string): Promise<Found> {
  try {
    const address = await start({ owner: RUN, folder });
    writeFileSync(`${file}.new`, address);
    renameSync(`${file}.new`, file);
    return { address };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (isUnavailable(error)) return { unavailable: error.message };
    throw error;
  }
}
