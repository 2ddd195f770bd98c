import type { Readable, Writable } from 'node:stream';
import { confirm } from '@clack/prompts';

/** Asks whether to register; what is registered cannot be taken back, so that the default is no. */
export async function confirmRegister(
  schemas: number,
  terminal: { readonly input: Readable; readonly output: Writable } = { input: process.stdin, output: process.stdout },
): Promise<boolean> {
  const message = `Register ${schemas === 1 ? 'it' : `these ${schemas} schemas`}?`;
  // A symbol where the person pressed Ctrl+C.
  return (await confirm({ ...terminal, message, initialValue: false })) === true;
}
