import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type FakeAnswer = (request: FakeRequest, response: ServerResponse) => void;

export interface FakeRegistry {
  readonly url: string;
  readonly requests: readonly FakeRequest[];
  stop(): Promise<void>;
}

/** A server that answers as no real registry does on demand: one answer a request, the last again and again. */
export async function fakeRegistry(...answers: readonly FakeAnswer[]): Promise<FakeRegistry> {
  const requests: FakeRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const seen = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
    requests.push(seen);
    answers[Math.min(requests.length, answers.length) - 1]?.(seen, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): FakeAnswer {
  return (_, response) => response.writeHead(status, headers).end(JSON.stringify(body));
}

export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): FakeAnswer {
  return json({ error_code: status, message }, status, headers);
}

/** The connection breaks before an answer. */
export const dropped: FakeAnswer = (_, response) => {
  response.destroy();
};

export const silent: FakeAnswer = () => undefined;
