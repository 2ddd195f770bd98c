import { randomUUID } from 'node:crypto';
import { type RegistryClient, registryClient } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { describeRegistry } from '../support/registry/server.ts';
import { Sandbox } from './harness.ts';

const ID = { name: 'id', type: 'int' };
const NOTE = { name: 'note', type: 'string', default: '' };

function order(...fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields });
}

await describeRegistry('kgen diff', (url) => {
  const client: RegistryClient = registryClient({ url });

  /** A project that has pulled a subject of these versions, with a schema of its own. */
  async function project(versions: readonly string[], local: string, level = 'BACKWARD'): Promise<[Sandbox, string]> {
    const subject = `orders-${randomUUID()}-value`;
    for (const schema of versions) await client.register(subject, { schema });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${url}/config/${subject}`, { method: 'PUT', headers, body: `{"compatibility":"${level}"}` });
    const sandbox = new Sandbox({ 'schemas/order.avsc': local });
    sandbox.put('kgen.config.mjs', configOf(`'${url}'`, subject));
    expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
    // Nobody is asked from here on.
    sandbox.put('kgen.config.mjs', configOf('undefined', subject));
    return [sandbox, subject];
  }

  function configOf(from: string, subject: string): string {
    return `export default { schemas: ['schemas/*.avsc'], out: 'generated', registry: { url: ${from}, subjects: ['${subject}'] } };`;
  }

  test('what is local against what is registered: a change that its level allows', async () => {
    const [sandbox, subject] = await project([order(ID)], order({ ...ID, type: 'long' }, NOTE));
    const { code, stdout } = await sandbox.run(['diff']);
    expect(stdout).toMatch(new RegExp(`^${subject}  version 1 \\(id \\d+\\) -> schemas/order\\.avsc\n`));
    expect(
      stdout.split('\n').slice(1).join('\n'),
    ).toBe(`~ shop.Order  ~ id: int -> long (number -> bigint), + note: string
  holds  BACKWARD, BACKWARD_TRANSITIVE
  fails  FORWARD, FORWARD_TRANSITIVE, FULL, FULL_TRANSITIVE
  not forward: version 1 cannot read all data of schemas/order.avsc
    id: the writer has long, the reader int
    → Keep the type; or add a field of the new type beside it
  The subject's level BACKWARD allows it.
`);
    expect(code).toBe(0);
    expect(await sandbox.run(['diff', 'schemas/order.avsc'])).toMatchObject({ code: 0, stdout });
    expect(await sandbox.run(['diff', subject])).toMatchObject({ code: 0, stdout });
  });

  test('a change that its level forbids: 1', async () => {
    const local = order(ID, { name: 'note', type: 'string' });
    const [sandbox] = await project([order(ID), order(ID, NOTE)], local, 'BACKWARD_TRANSITIVE');
    const { code, stdout } = await sandbox.run(['diff']);
    expect(code).toBe(1);
    expect(stdout).toContain('not backward: schemas/order.avsc cannot read all data of version 1\n    note: the field');
    expect(stdout).toContain("The subject's level BACKWARD_TRANSITIVE forbids it.");
    const report = JSON.parse((await sandbox.run(['diff', '--json'])).stdout);
    expect(report).toMatchObject({
      ok: false,
      findings: [
        {
          file: 'schemas/order.avsc',
          reason: expect.stringMatching(/level BACKWARD_TRANSITIVE of .* forbids it\nnote: the field is not/),
        },
      ],
      comparisons: [{ level: 'BACKWARD_TRANSITIVE', forbidden: true, from: { version: 2 } }],
    });
    const onGitHub = await sandbox.run(['diff'], { env: { GITHUB_ACTIONS: 'true' } });
    expect(onGitHub.stdout).toMatch(/^::error file=.*order\.avsc,title=kgen%3A orders-/m);
    const { levels } = report.comparisons[0];
    expect(levels.filter(({ holds }: { holds: boolean }) => holds)).toMatchObject([
      { level: 'BACKWARD' },
      { level: 'FORWARD' },
      { level: 'FORWARD_TRANSITIVE' },
      { level: 'FULL' },
    ]);
  });

  test('what is registered as it is; two versions; a version and the local schema', async () => {
    const [sandbox, subject] = await project([order(ID), order(ID, NOTE)], order(ID, NOTE));
    expect(await sandbox.run(['diff'])).toMatchObject({ code: 0, stdout: '1 local schema registered as it is.\n' });
    const versions = await sandbox.run(['diff', subject, '1', 'latest']);
    expect(versions).toMatchObject({ code: 0, stdout: expect.stringContaining('+ note: string\n') });
    expect(versions.stdout).toMatch(/holds {2}BACKWARD, BACKWARD_TRANSITIVE, FORWARD, .*\n {2}fails {2}none\n$/);
    const back = await sandbox.run(['diff', subject, '2', '1']);
    expect(back.stdout).toContain('~ shop.Order  - note\n');
    const local = await sandbox.run(['diff', subject, '1']);
    expect(local.stdout).toContain('-> schemas/order.avsc\n~ shop.Order  + note: string\n');
  });

  test('a type inside another, and subjects without a name of their own', async () => {
    const inner = (type: string): object => ({ type: 'fixed', name: 'shop.Money', size: type.length });
    const list = JSON.stringify({ type: 'array', items: inner('long') });
    const [sandbox, subject] = await project([list], JSON.stringify(inner('double')), 'NONE');
    const { code, stdout } = await sandbox.run(['diff']);
    expect(stdout).toContain('~ shop.Money  ~ size 4 -> 6\n');
    expect(stdout).toContain("[]: the writer's shop.Money has 4 bytes, the reader's 6");
    expect(code).toBe(0);
    expect(stdout).toContain(subject);
  });

  test('what is not there', async () => {
    const [sandbox, subject] = await project([order(ID)], order(ID));
    const refused = async (...names: readonly string[]): Promise<string> => {
      const { code, stdout } = await sandbox.run(['diff', ...names]);
      expect(code).toBe(2);
      return stdout;
    };
    expect(await refused(`${subject}x`)).toContain(`no subject ${subject}x was pulled\n  → Did you mean '${subject}'?`);
    expect(await refused(subject, '7', '1')).toContain(`no version 7 of ${subject} was pulled\n  → There are: 1.`);
    expect(await refused(subject, 'one')).toContain('no version one');
    expect(await refused('no.avsc', 'none.avsc')).toContain('no.avsc\n  there is no such file');
    expect(await refused('schemas/other.avsc')).toContain('no subject that was pulled has a type of this file');
    expect(await refused('a', '1', '2', '3')).toContain('too much is named');
    sandbox.put('schemas/order.avsc', order(ID).replace('Order', 'Purchase'));
    expect(await refused()).toContain('no schema file of the project defines a type of a subject');
    sandbox.put('kgen.lock.json', '{');
    expect(await sandbox.run(['diff'])).toMatchObject({ code: 1, stdout: expect.stringContaining('it is not JSON') });
  });
});

test('two files need neither config nor registry', async () => {
  const sandbox = new Sandbox({ 'a.avsc': order(ID), 'b.avsc': order(ID, { name: 'note', type: 'string' }) });
  expect(await sandbox.run(['diff', 'a.avsc', 'b.avsc'])).toMatchObject({
    code: 0,
    stdout: `a.avsc -> b.avsc
~ shop.Order  + note: string
  holds  FORWARD, FORWARD_TRANSITIVE
  fails  BACKWARD, BACKWARD_TRANSITIVE, FULL, FULL_TRANSITIVE
  not backward: b.avsc cannot read all data of a.avsc
    note: the field is not in the writer's shop.Order, and has no default
    → Give it a default, or the alias of the field that it was
`,
  });
  sandbox.put('c.avsc', '{"type":"recor"}');
  expect(await sandbox.run(['diff', 'a.avsc', 'c.avsc'])).toMatchObject({ code: 1 });
  expect(await sandbox.run(['diff'])).toMatchObject({ code: 2 });
});
