import type { PasswordOptions } from '../options.ts';
import type { Mechanism } from './mechanism.ts';
import { checkPassword } from './password.ts';

/** RFC 4616: name and password as they are, so over TLS alone. The broker finds out by itself for whom to act. */
export function plain(sasl: PasswordOptions): Mechanism {
  return async (exchange) => {
    checkPassword('PLAIN', sasl);
    await exchange(Buffer.from(`\0${sasl.username}\0${sasl.password}`));
  };
}
