import type { PasswordOptions } from '../options.ts';
import { saslFailure } from './mechanism.ts';

/** A compiler of the user's may not have checked them, and the environment may lack one. @throws KafkaError, `fatal` */
export function checkPassword(mechanism: string, { username, password }: PasswordOptions): void {
  for (const [option, value] of Object.entries({ username, password })) {
    if (typeof value !== 'string' || value === '') throw saslFailure(mechanism, `sasl.${option} is missing`);
    // What ends it in PLAIN, and is no character of names or passwords in any other.
    if (value.includes('\0')) throw saslFailure(mechanism, `sasl.${option} has a NUL character`);
  }
}
