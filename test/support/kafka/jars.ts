import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const POM = join(import.meta.dirname, 'pom.xml');

/** Why there is no Kafka here: no Java, no Maven, no network. */
export class KafkaUnavailable extends Error {
  readonly code = 'KAFKA_UNAVAILABLE';
}

/** The class path of Kafka's own programs and clients. Fetched once, and kept in the user's cache folder. */
export async function kafkaClassPath(): Promise<string> {
  return `${await kafkaJars()}${process.platform === 'win32' ? '\\' : '/'}*`;
}

export { delimiter as classPathDelimiter };

let jars: Promise<string> | undefined;

function kafkaJars(): Promise<string> {
  jars ??= fetchJars();
  return jars;
}

async function fetchJars(): Promise<string> {
  await present('java', '-version');
  const folder = join(cacheFolder(), 'kgen-tests', `kafka-${versionOf(readFileSync(POM, 'utf8'))}`);
  if (existsSync(folder)) return folder;
  await present('mvn', '--version');
  // Several test files may fetch at once: each for itself, and the first one in place is everybody's.
  const own = `${folder}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  const target = join(own, 'target');
  try {
    const goal = 'dependency:copy-dependencies';
    await run('mvn', ['-q', '-B', '-f', POM, goal, `-DoutputDirectory=${own}`, `-DbuildDirectory=${target}`]);
    if (!readdirSync(own).some((name) => name.startsWith('kafka-clients-'))) throw new Error('no kafka-clients came');
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (existsSync(folder)) return folder;
    throw new KafkaUnavailable(`Kafka's jars cannot be fetched: ${error instanceof Error ? error.message : error}`);
  }
  return folder;
}

function versionOf(pom: string): string {
  return /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1] ?? 'unknown';
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
    throw new KafkaUnavailable(`\`${command}\` is not installed`);
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
