/** Lets everything else go on until something is true. */
export async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 20_000; i++) {
    if (what()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`never came true: ${what}`);
}
