import { type RegistryOptions, registryClient } from '@kgen/runtime/registry';
import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../../runtime/src/time/clock.ts';
import { dropped, type FakeAnswer, type FakeRegistry, fakeRegistry, json, refusal, silent } from './fake-registry.ts';

/** Pauses are noted and not waited for. */
function patient(): { readonly clock: Clock; readonly pauses: number[] } {
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after(ms, call) {
      pauses.push(ms);
      queueMicrotask(call);
      return () => undefined;
    },
    turn: async () => undefined,
    random: () => 0.5,
  };
  return { clock, pauses };
}

const running: FakeRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

async function fake(...answers: readonly FakeAnswer[]): Promise<FakeRegistry> {
  const started = await fakeRegistry(...answers);
  running.push(started);
  return started;
}

const subjects = (options: RegistryOptions, clock = patient().clock): Promise<readonly string[]> =>
  registryClient(options, clock).subjects();

test.each([
  ['a dropped connection', dropped],
  ['500', refusal(500, 'boom')],
  ['503 without a body', ((_, response) => response.writeHead(503).end()) satisfies FakeAnswer],
  ['429', refusal(429, 'too fast')],
])('%s is tried again', async (_, fault) => {
  const { url, requests } = await fake(fault, fault, json(['a']));
  expect(await subjects({ url })).toEqual(['a']);
  expect(requests).toHaveLength(3);
});

test('pauses grow, heed `retry-after`, and end', async () => {
  const { clock, pauses } = patient();
  const { url, requests } = await fake(dropped, refusal(429, 'slow', { 'retry-after': '2' }), refusal(500, 'boom'));
  const failed = subjects({ url, retries: 3 }, clock);
  await expect(failed).rejects.toMatchObject({ code: 'REGISTRY', kind: 'unreachable', status: 500 });
  await expect(failed).rejects.toThrow(/answered 500 to \/subjects: boom/);
  expect(requests).toHaveLength(4);
  expect(pauses).toEqual([75, 1500, 300]);
});

test('a registry that does not answer in time', async () => {
  const { url } = await fake(silent);
  const failed = subjects({ url, timeout: 50, retries: 0 });
  await expect(failed).rejects.toThrow(/no answer within 50 ms\. Is it up/);
});

test('nobody there', async () => {
  const { url, stop } = await fakeRegistry();
  await stop();
  await expect(subjects({ url, retries: 1 })).rejects.toMatchObject({ kind: 'unreachable' });
});

test('another of the cluster answers, and is asked first from then on', async () => {
  const [down, up] = [await fake(refusal(503, 'down')), await fake(json(['a']))];
  const { clock, pauses } = patient();
  const client = registryClient({ url: [down.url, up.url] }, clock);
  expect(await client.subjects()).toEqual(['a']);
  expect(await client.subjects()).toEqual(['a']);
  expect([down.requests.length, up.requests.length, pauses.length]).toEqual([1, 2, 0]);
});

test('each of the cluster is asked, also where nothing is tried again', async () => {
  const [down, up] = [await fake(refusal(503, 'down')), await fake(json(['a']))];
  expect(await subjects({ url: [down.url, up.url], retries: 0 })).toEqual(['a']);
  const failed = subjects({ url: [down.url, down.url, down.url], retries: 0 });
  await expect(failed).rejects.toMatchObject({ kind: 'unreachable' });
  expect(down.requests).toHaveLength(4);
});

test.each([
  [{ auth: { username: 'ann', password: 'sesame:ö' } }, `Basic ${Buffer.from('ann:sesame:ö').toString('base64')}`],
  [{ auth: { token: 'tok' } }, 'Bearer tok'],
  [{ auth: { token: async () => 'fresh' } }, 'Bearer fresh'],
])('authorization %#', async (options, expected) => {
  const { url, requests } = await fake(json([]));
  await subjects({ url, ...options, headers: { 'x-tenant': 'blue' } });
  expect(requests[0]?.headers).toMatchObject({ authorization: expected, 'x-tenant': 'blue' });
});

test('credentials in the URL are used, and never shown', async () => {
  const { url, requests } = await fake(refusal(401, 'who are you'));
  const failed = subjects({ url: `${url.replace('://', '://ann:sesame@')}/base/?key=hidden` });
  await expect(failed).rejects.toMatchObject({ kind: 'refused', status: 401 });
  const error = await failed.catch((reason: Error) => reason);
  expect(String(error)).toContain(`${url}/base answered 401 to /subjects: who are you. Check its \`auth\``);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/sesame|hidden|ann/);
  expect(requests[0]).toMatchObject({
    path: '/base/subjects?key=hidden',
    headers: { authorization: 'Basic YW5uOnNlc2FtZQ==' },
  });
});

test.each([
  ['HTML', ((_, response) => response.end('<html>')) satisfies FakeAnswer],
  ['another form', json({ subjects: [] })],
  ['items of another type', json([1])],
  ["another server's 404", ((_, response) => response.writeHead(404).end('nginx')) satisfies FakeAnswer],
])('an answer that is none of a registry: %s', async (_, answer) => {
  const { url, requests } = await fake(answer);
  await expect(subjects({ url })).rejects.toMatchObject({ kind: 'malformed' });
  await expect(subjects({ url })).rejects.toThrow(/Check its `url`/);
  expect(requests).toHaveLength(2);
});

test('a percent sign in a password of the URL', async () => {
  const { url, requests } = await fake(json([]));
  await subjects({ url: url.replace('://', '://ann:100%@') });
  expect(requests[0]?.headers.authorization).toBe(`Basic ${btoa('ann:100%')}`);
});

test('closing ends a call that waits for an answer, and one that waits before the next try', async () => {
  const never: Clock = { ...patient().clock, after: () => () => undefined };
  for (const answer of [silent, refusal(500, 'boom')]) {
    const { url, requests } = await fake(answer);
    const client = registryClient({ url, timeout: 60_000 }, never);
    const failed = expect(client.subjects()).rejects.toMatchObject({ kind: 'unreachable' });
    await expect.poll(() => requests.length).toBe(1);
    client.close();
    await failed;
    await expect(client.subjects()).rejects.toThrow(/was closed/);
    expect(requests).toHaveLength(1);
  }
});

test.each([{ retries: Number.NaN }, { retries: -1 }, { timeout: Number.NaN }, { timeout: 0 }, { timeout: 2 ** 31 }])(
  'a number that is none: %j',
  (numbers) => {
    expect(() => registryClient({ url: 'http://localhost', ...numbers })).toThrow(
      /`(retries|timeout)` is .*Give it as/,
    );
  },
);

test('what a subject of a context refers to is in that context', async () => {
  const references = ['money', ':.b:money', ':.:money'].map((subject) => ({ name: 'Money', subject, version: 1 }));
  const answer = { subject: ':.a:orders', version: 1, id: 7, schema: '"int"', references };
  const { url } = await fake(json(answer), json({ ...answer, subject: 'orders' }));
  const client = registryClient({ url });
  const subjectsOf = async (name: string): Promise<readonly string[] | undefined> => {
    return (await client.version(name, 1))?.references.map(({ subject }) => subject);
  };
  expect(await subjectsOf(':.a:orders')).toEqual([':.a:money', ':.b:money', ':.a:money']);
  expect(await subjectsOf('orders')).toEqual(['money', ':.b:money', ':.:money']);
});

test("a wrong URL's 404 does not pass for a subject that is not there", async () => {
  const { url } = await fake((_, response) => response.writeHead(404).end('nginx'));
  await expect(registryClient({ url }).versions('a')).rejects.toMatchObject({ kind: 'malformed' });
});

test.each(['localhost:8081', 'ftp://x', '', 'secret stuff'])('no URL: %j', async (url) => {
  expect(() => registryClient({ url })).toThrow(/starts with http/);
  expect(() => registryClient({ url })).not.toThrow(/secret/);
});
