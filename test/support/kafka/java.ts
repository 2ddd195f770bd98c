import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { run } from '../fetched.ts';
import { kafkaClassPath } from './jars.ts';

const FAST = ['-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];

/** Runs a Java program of this folder, from its source, with Kafka's own classes; the lines it printed. */
export async function java(program: string, ...args: readonly string[]): Promise<readonly string[]> {
  const output = await run('java', [...(await command(program)), ...args]);
  return output.split('\n').filter((line) => line !== '');
}

/** Runs one of Kafka's own classes, as its scripts do; the lines it printed. */
export async function javaClass(name: string, ...args: readonly string[]): Promise<readonly string[]> {
  const output = await run('java', [...FAST, '-cp', await kafkaClassPath(), name, ...args]);
  return output.split('\n').filter((line) => line !== '');
}

async function command(program: string): Promise<readonly string[]> {
  return [...FAST, '-cp', await kafkaClassPath(), join(import.meta.dirname, `${program}.java`)];
}

/** A Java program that answers each line with one. */
export interface JavaAnswers {
  ask(line: string): Promise<string>;
  stop(): void;
}

export async function askJava(program: string): Promise<JavaAnswers> {
  const child: ChildProcessWithoutNullStreams = spawn('java', await command(program));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
  child.on('close', () => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${program} ended: ${errors.slice(-2000)}`));
  });
  return {
    ask: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${line}\n`);
      }),
    stop: () => child.kill(),
  };
}
