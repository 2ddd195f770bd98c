import { describe, test } from 'vitest';

/** A suite that cannot get its server is skipped, with the reason; with `CI=true` that is a failure. */
export function skip(suite: string, server: string, reason: string): void {
  if (process.env['CI'] === 'true') throw new Error(`no ${server} for ${suite}: ${reason}`);
  describe.skip(`${suite} (no ${server}: ${reason})`, () => {
    test(`needs ${server}`, () => undefined);
  });
}
