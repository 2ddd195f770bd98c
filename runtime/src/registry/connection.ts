import { atMost, type Clock, systemClock } from '../time/clock.ts';
import { type HttpAnswer, type HttpRequest, httpSender } from './http.ts';
import type { RegistryAuth, RegistryOptions } from './options.ts';
import { RegistryError } from './registry-error.ts';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const TIMEOUT = 5000;
const RETRIES = 4;
/** The pause before the first repetition, in milliseconds; each further one is twice as long, up to the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;
/** Timers take no longer times: they end at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** What one asks of a registry, below its base URL. */
export interface RegistryCall {
  readonly method?: HttpRequest['method'];
  /** Parts of the path, not yet encoded. */
  readonly path: readonly (string | number)[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Calls of one registry, repeated and sent to its other URLs where one does not answer. */
export interface RegistryConnection {
  /** The parsed answer. @throws RegistryError */
  call(call: RegistryCall): Promise<unknown>;
  /** As `call`; undefined where the registry itself says that there is no such thing: another server's 404 is an error. */
  find(call: RegistryCall): Promise<unknown>;
  /** Calls that are under way fail; nothing is tried again. */
  close(): void;
}

/** @throws RegistryError, `invalid`, where a URL is none */
export function connectRegistry(options: RegistryOptions, clock: Clock = systemClock): RegistryConnection {
  const urls = (typeof options.url === 'string' ? [options.url] : options.url).map(parseUrl);
  if (urls.length === 0) throw new RegistryError('invalid', 'no URL of the Schema Registry is given. Set `url`');
  const sender = httpSender(options.tls);
  const timeout = options.timeout ?? TIMEOUT;
  if (!(timeout > 0 && timeout <= LONGEST_TIMEOUT)) throw wrongNumber('timeout', timeout);
  const retries = options.retries ?? RETRIES;
  // With NaN, of a variable that is not set, tries would never end.
  if (!(retries >= 0)) throw wrongNumber('retries', retries);
  /** Whoever is asked first, the others of the cluster are asked as well. */
  const repetitions = Math.max(retries, urls.length - 1);
  /** The URL that answered last. */
  let current = 0;
  let closed = false;
  const closing = Promise.withResolvers<void>();

  const attempt = async (call: RegistryCall, url: URL, base: URL): Promise<HttpAnswer> => {
    const { method = 'GET' } = call;
    const auth = await authorization(options.auth ?? credentialsOf(base));
    const content = call.body === undefined ? {} : { 'content-type': CONTENT_TYPE };
    const headers = { accept: `${CONTENT_TYPE}, application/json`, ...content, ...auth, ...options.headers };
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    return sender.send({ method, url, headers, body, timeout });
  };

  const answerTo = async (call: RegistryCall): Promise<HttpAnswer> => {
    if (closed) throw new RegistryError('unreachable', 'the connection to the Schema Registry was closed');
    let pause = FIRST_PAUSE;
    for (let tried = 0; ; tried++) {
      const at = current;
      const base = urls[at] as URL;
      let failure: RegistryError;
      let wait = pause;
      const url = resolve(base, call);
      try {
        const answer = await attempt(call, url, base);
        if (answer.status !== 429 && answer.status < 500) return answer;
        wait = Math.min(LONGEST_PAUSE, Math.max(pause, answer.retryAfter ?? 0));
        failure = rejected(answer, base, call);
      } catch (error) {
        failure = unreachable(error, base);
      }
      if (closed || tried >= repetitions) throw failure;
      // Others of the cluster are asked at once; only a full round without an answer waits.
      if (current === at) current = (at + 1) % urls.length;
      if ((tried + 1) % urls.length !== 0) continue;
      await atMost(clock, wait * (0.5 + clock.random() / 2), closing.promise);
      if (closed) throw failure;
      pause = Math.min(LONGEST_PAUSE, pause * 2);
    }
  };

  const ask = async (call: RegistryCall): Promise<unknown> => {
    const answer = await answerTo(call);
    const base = urls[current] as URL;
    if (answer.status < 200 || answer.status > 299) throw rejected(answer, base, call);
    return parsed(answer, base, call);
  };
  return {
    call: ask,
    async find(call) {
      try {
        return await ask(call);
      } catch (error) {
        if (error instanceof RegistryError && error.kind === 'missing') return undefined;
        throw error;
      }
    },
    close() {
      closed = true;
      closing.resolve();
      sender.close();
    },
  };
}

function wrongNumber(option: string, given: number): RegistryError {
  const range = option === 'timeout' ? `milliseconds, above 0 and up to ${LONGEST_TIMEOUT}` : 'a number, 0 or more';
  return new RegistryError('invalid', `the Schema Registry's \`${option}\` is ${given}. Give it as ${range}`);
}

/** Whether a text is a URL that a registry can have. */
export function isRegistryUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function parseUrl(text: string): URL {
  if (isRegistryUrl(text)) return new URL(text);
  const reason = "a Schema Registry's URL starts with http:// or https://, and this one does not";
  throw new RegistryError('invalid', `${reason}. Check \`url\`, and the variable that it comes from`);
}

/** `https://name:secret@host`, as some have it in their environment. */
function credentialsOf({ username, password }: URL): RegistryAuth | undefined {
  if (username === '') return undefined;
  return { username: decoded(username), password: decoded(password) };
}

/** A `%` that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function authorization(auth: RegistryAuth | undefined): Promise<Record<string, string>> {
  if (auth === undefined) return {};
  if ('token' in auth) {
    return { authorization: `Bearer ${typeof auth.token === 'string' ? auth.token : await auth.token()}` };
  }
  const pair = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64');
  return { authorization: `Basic ${pair}` };
}

function resolve(base: URL, { path, query }: RegistryCall): URL {
  const url = new URL(base.origin);
  const parts = path.map(encodePart);
  url.pathname = [base.pathname.replace(/\/+$/, ''), ...parts].join('/');
  for (const [name, value] of [...base.searchParams, ...Object.entries(query ?? {})]) url.searchParams.set(name, value);
  return url;
}

/** In URLs these two mean other folders, however they are written. */
function encodePart(part: string | number): string {
  if (part !== '.' && part !== '..') return encodeURIComponent(part);
  throw new RegistryError(
    'invalid',
    `a subject called \`${part}\` cannot be asked for over HTTP. Give it another name`,
  );
}

/** The base URL as messages may show it: no user, password or query. */
export function shownUrl(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

function unreachable(cause: unknown, base: URL): RegistryError {
  const reason = cause instanceof Error ? cause.message || String('code' in cause ? cause.code : '') : String(cause);
  const advice = 'Is it up, and may this machine reach it?';
  return new RegistryError('unreachable', `Schema Registry ${shownUrl(base)}: ${reason}. ${advice}`, { cause });
}

function rejected(answer: HttpAnswer, base: URL, { path }: RegistryCall): RegistryError {
  const { status } = answer;
  const said = errorOf(answer);
  const what = `Schema Registry ${shownUrl(base)} answered ${status} to /${path.join('/')}`;
  const message = said === undefined ? what : `${what}: ${said}`;
  if (status === 401 || status === 403) {
    const advice = status === 401 ? 'Check its `auth`' : 'Ask for the right to read these subjects';
    return new RegistryError('refused', `${message}. ${advice}`, { status });
  }
  if (status === 429 || status >= 500) return new RegistryError('unreachable', message, { status });
  if (said === undefined)
    return new RegistryError('malformed', `${what}: no Schema Registry. Check its \`url\``, { status });
  return new RegistryError(status === 404 ? 'missing' : 'invalid', message, { status });
}

/** What a registry says of an error: `{"error_code": 40401, "message": "…"}`. */
function errorOf({ body }: HttpAnswer): string | undefined {
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json !== 'object' || json === null || !('message' in json) || !('error_code' in json)) return undefined;
    return String(json.message).slice(0, 2000);
  } catch {
    return undefined;
  }
}

function parsed({ body, status }: HttpAnswer, base: URL, { path }: RegistryCall): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    const what = `Schema Registry ${shownUrl(base)} answered /${path.join('/')} with something that is not JSON`;
    throw new RegistryError('malformed', `${what}. Check its \`url\``, { cause, status });
  }
}
