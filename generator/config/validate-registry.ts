import { type Check, eitherOf, isObject, listOf, mapOf, oneOf, options, secret, text, where } from './shape.ts';
import { duration, pem } from './validate-runtime.ts';

const isText = (value: unknown): boolean => typeof value === 'string';

const textOrNothing = where('a text', (value) => value === undefined || typeof value === 'string');

const subjectNames = eitherOf("'topic', 'record', 'topic-record' or a function", [
  { when: (value) => typeof value === 'function', check: where('a function', () => true) },
  { when: isText, check: oneOf(['topic', 'record', 'topic-record']) },
]);

/** The part of a config that says where the Schema Registry is, and what to take from it. */
export const registry: Check = options({
  // It may hold a name and a password.
  url: secret(
    eitherOf('a URL, or a list of them', [
      { when: isText, check: where('a URL', isText) },
      { when: Array.isArray, check: listOf(text, { atLeastOne: true }) },
    ]),
  ),
  subjects: {
    required: listOf(
      where("a subject's name, or a regular expression", (value) => isText(value) || value instanceof RegExp),
      { atLeastOne: true },
    ),
  },
  versions: oneOf(['all', 'latest']),
  subjectNames: eitherOf(`${subjectNames.expected}, or { key, value }`, [
    { when: isObject, check: options({ key: subjectNames, value: subjectNames }) },
    { when: () => true, check: subjectNames },
  ]),
  auth: secret(
    eitherOf('`{ username, password }` or `{ token }`', [
      { when: (value) => isObject(value) && 'token' in value, check: options({ token: textOrNothing }) },
      { when: isObject, check: options({ username: textOrNothing, password: textOrNothing }) },
    ]),
  ),
  headers: secret(mapOf(text)),
  tls: secret(
    options({
      ca: eitherOf('PEM text, or a list of it', [
        { when: Array.isArray, check: listOf(pem, { atLeastOne: true }) },
        { when: () => true, check: pem },
      ]),
      cert: pem,
      key: pem,
      passphrase: text,
    }),
  ),
  unknownSchema: oneOf(['fetch', 'fail']),
  autoRegister: where('true or false', (value) => typeof value === 'boolean'),
  timeout: duration,
  retries: where('a number of times, 0 or more', (value) => Number.isInteger(value) && Number(value) >= 0),
});
