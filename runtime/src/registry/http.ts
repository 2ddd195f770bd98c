import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { RegistryTls } from './options.ts';

/** An answer of a registry is at most this long, in bytes: more is not taken into memory. */
const MAX_BODY = 64 * 1024 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** For the whole exchange, in milliseconds. */
  readonly timeout: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** The header `retry-after`, in milliseconds. */
  readonly retryAfter: number | undefined;
  readonly body: string;
}

/** Sends requests, over connections that are kept; they keep no process alive. */
export interface HttpSender {
  /** @throws Error of the socket, or of TLS, as Node gives it */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** Node's own client: the global `fetch` takes no certificates. */
export function httpSender(tls: RegistryTls | undefined): HttpSender {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true, ...tlsOptions(tls) });
  return {
    send: (request) => send(request, request.url.protocol === 'https:' ? https : http),
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

function tlsOptions(tls: RegistryTls = {}): object {
  const given = Object.entries(tls).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, buffered(value)]));
}

function buffered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(buffered);
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

function send(
  { method, url, headers, body, timeout }: HttpRequest,
  agent: HttpAgent | HttpsAgent,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const open = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = open(url, { method, agent, headers: { ...headers, ...length } });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
    const settle = <A extends readonly unknown[]>(then: (...given: A) => void) => {
      return (...given: A): void => {
        clearTimeout(timer);
        then(...given);
      };
    };
    request.on('error', settle(reject));
    request.on('response', (response) => {
      bodyOf(response).then(
        settle((text) => resolve({ status: response.statusCode ?? 0, retryAfter: retryAfter(response), body: text })),
        settle((error) => {
          request.destroy();
          reject(error);
        }),
      );
    });
    request.end(body);
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > MAX_BODY) throw new Error(`the answer is longer than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** In seconds, or a date (RFC 9110, section 10.2.3); dates are of no account here. */
function retryAfter({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
