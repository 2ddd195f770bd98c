import type { Readable, Writable } from 'node:stream';
import { confirm } from '@clack/prompts';

/** Asks whether to abort; what is aborted is gone, so that the default is no. */
export async function confirmAbort(
  transactions: number,
  terminal: { readonly input: Readable; readonly output: Writable } = { input: process.stdin, output: process.stdout },
): Promise<boolean> {
  const message = `Abort ${transactions === 1 ? 'it' : `these ${transactions} transactions`}?`;
  // A symbol where the person pressed Ctrl+C.
  return (await confirm({ ...terminal, message, initialValue: false })) === true;
}
