import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Why a real server cannot be had here: no Java, no Maven, no network. */
export class ServerUnavailable extends Error {
  readonly code = 'SERVER_UNAVAILABLE';
}

export function isUnavailable(error: unknown): error is ServerUnavailable {
  return error instanceof Error && 'code' in error && error.code === 'SERVER_UNAVAILABLE';
}

/**
 * A folder of what tests fetch from Maven Central, kept in the user's cache. `fill` puts it there, once.
 * @throws ServerUnavailable where it cannot be had
 */
export async function fetchedFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  await present('java', '-version');
  const folder = join(cacheFolder(), 'kgen-tests', name);
  if (existsSync(folder)) return folder;
  await present('mvn', '--version');
  // Several test files may fetch at once: each for itself, and the first one in place is everybody's.
  const own = `${folder}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  try {
    await fill(own);
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (existsSync(folder)) return folder;
    throw new ServerUnavailable(`${name} cannot be fetched: ${error instanceof Error ? error.message : error}`);
  }
  return folder;
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== '') return XDG_CACHE_HOME;
  if (process.platform === 'win32' && LOCALAPPDATA !== undefined) return LOCALAPPDATA;
  return process.platform === 'darwin' ? join(homedir(), 'Library/Caches') : join(homedir(), '.cache');
}

async function present(command: string, argument: string): Promise<void> {
  try {
    await run(command, [argument]);
  } catch {
    throw new ServerUnavailable(`\`${command}\` is not installed`);
  }
}

/** Runs a program to its end; what it printed to standard output. @throws where it fails, with what it printed */
export function run(command: string, args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ended with ${code}: ${(errors + output).slice(-2000)}`));
    });
    child.stdin.on('error', () => undefined).end(input);
  });
}
