import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { LogError } from '../../../port.ts';

/** Where the Kerberos library of MIT looks for a client's keytab, and for its tickets. */
const KEYTAB = 'KRB5_CLIENT_KTNAME';
const TICKETS = 'KRB5CCNAME';
/** Tickets of this process alone: those of who is logged in would come before the keytab. */
const OWN_TICKETS = 'MEMORY:kgen';

/**
 * From now on this process logs in with a keytab: its library gets a ticket when it needs one, and another when half of that
 * one's time is over. It takes both from the environment of the process alone, which worker threads cannot set for it.
 * @throws LogError, `fatal`, where the keytab cannot be read, or this process has another one
 */
export function useKeytab(keytab: string): void {
  const path = resolve(keytab);
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new LogError('fatal', `the keytab ${path} cannot be read${code}`, { cause });
  }
  if (process.platform === 'win32' || process.platform === 'darwin') {
    const advice = `run kinit -k -t ${path} before, and leave keytab out`;
    throw new LogError('fatal', `the Kerberos library of this system takes no keytab by a setting: ${advice}`);
  }
  const { [KEYTAB]: now } = process.env;
  if (now === path || now === `FILE:${path}`) return;
  if (now !== undefined && now !== '') {
    throw new LogError(
      'fatal',
      `this process logs in with the keytab ${now} (${KEYTAB}), and cannot take ${path} as well: use one process for each`,
    );
  }
  if (!isMainThread) {
    throw new LogError(
      'fatal',
      `a worker thread cannot set the keytab of its process: set ${KEYTAB}=${path} and ${TICKETS}=${OWN_TICKETS}`,
    );
  }
  process.env[KEYTAB] = path;
  if (!process.env[TICKETS]) process.env[TICKETS] = OWN_TICKETS;
}
