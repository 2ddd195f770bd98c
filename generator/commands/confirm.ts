import type { Readable, Writable } from 'node:stream';

/** What is to be done, and to how many of what: `Register these 2 schemas?` */
export interface Question {
  readonly verb: string;
  readonly count: number;
  readonly noun: string;
}

/** Asks before what cannot be taken back, so that the default is no. False also where the person pressed Ctrl+C. */
export async function confirm(
  { verb, count, noun }: Question,
  terminal: { readonly input: Readable; readonly output: Writable } = { input: process.stdin, output: process.stdout },
): Promise<boolean> {
  // Loaded only where somebody is asked.
  const prompts = await import('@clack/prompts');
  const message = `${verb} ${count === 1 ? 'it' : `these ${count} ${noun}s`}?`;
  // A symbol where it was cancelled.
  return (await prompts.confirm({ ...terminal, message, initialValue: false })) === true;
}
