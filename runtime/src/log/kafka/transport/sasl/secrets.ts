import type { ConnectionSettings } from '../options.ts';

const HIDDEN = '***';

/** Shorter pieces of what a mechanism says are words of the protocol. */
const SHORT = 8;

/** As secrets stand in what programs print: in a URL, in headers, as JSON, beside a name that says what they are. */
const NAME = '[\\w-]*(?:password|passwd|passphrase|secret|token|signature|assertion|api[-_]?key)';
const LOOKS_SECRET: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, HIDDEN],
  [/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [new RegExp(`\\b(${NAME}=)[^\\s&,;)]+`, 'gi'), `$1${HIDDEN}`],
  [new RegExp(`(["']${NAME}["']\\s*:\\s*["'])[^"']*`, 'gi'), `$1${HIDDEN}`],
  [/(\/\/[^\s/:@]*:)[^\s/@]+@/g, `$1${HIDDEN}@`],
];

/**
 * Keeps out of errors what servers, and functions of the user's own, may repeat of what they were told: what is known to be
 * secret in the forms that it is sent in, and what looks like it.
 */
export class Secrets {
  readonly #known = new Set<string>();
  /** What a mechanism has said in the authentication before this one, and in this one. */
  #saidBefore = new Set<string>();
  #said = new Set<string>();
  /** True where a function of the user's own has the secrets: all that it says is one. */
  readonly #given: boolean;

  constructor({ sasl, tls }: ConnectionSettings) {
    this.#given = sasl !== undefined && ('oauthBearerProvider' in sasl || 'authenticationProvider' in sasl);
    if (sasl !== undefined && 'password' in sasl) {
      const { username, password } = sasl;
      keep(this.#known, password);
      if (password) this.#known.add(Buffer.from(`\0${username}\0${password}`).toString('base64'));
    }
    if (typeof tls?.passphrase === 'string') keep(this.#known, tls.passphrase);
  }

  /**
   * An authentication begins. What was said two before it is forgotten, as a connection may live for years, and each has a token of
   * its own.
   */
  renew(): void {
    this.#saidBefore = this.#said;
    this.#said = new Set();
  }

  /** What a mechanism says to a broker. */
  told(bytes: Uint8Array): void {
    if (!this.#given) return;
    const text = Buffer.from(bytes).toString();
    keep(this.#said, text);
    for (const piece of text.split(/[\0-\x20"{},]+/)) {
      if (piece.length < SHORT) continue;
      keep(this.#said, piece);
      // A token that is signed holds its claims and its signature apart.
      for (const part of piece.split('.')) if (part.length >= 2 * SHORT) keep(this.#said, part);
    }
  }

  /** No name and no host is hidden, unless a function of the user's own has said it. */
  without(text: string): string {
    const known = [...this.#known, ...this.#saidBefore, ...this.#said].sort((a, b) => b.length - a.length);
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    for (const [pattern, instead] of LOOKS_SECRET) clean = clean.replace(pattern, instead);
    return clean;
  }
}

function keep(known: Set<string>, secret: string | undefined): void {
  if (!secret) return;
  const forms = [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
  for (const form of [...forms, inUrl(secret)]) known.add(form);
}

function inUrl(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}
