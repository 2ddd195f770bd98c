import { expect, test } from 'vitest';
import { HARMLESS, HostileProject, injectionsIn } from './project.ts';

/** The tests beside this one rest on what finds an injection: it has to find one. */
test.each([
  '/** */ globalThis.pwned = 1; /* */\nexport interface A {}',
  "export const a = ''; globalThis.pwned = 1; '';",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text that may come to be a template
  'export const a = `${1}`;',
  'export const a = { pwned() {} };',
  '/** */ */ export interface A {}',
  'interface A {\u2028 pwned: 1 }',
  "export const a = '\u202e';",
])('code that got in is found: %j', (text) => {
  expect(injectionsIn('a.ts', text)).not.toEqual([]);
});

test.each(["/** pwned */ export const a = 'pwned'; // pwned", 'export const a = { "pwned": `pwned` };'])(
  'text is not code: %j',
  (text) => {
    expect(injectionsIn('a.ts', text)).toEqual([]);
  },
);

test('a file that does not compile, one that runs code, and one that was changed are seen', async () => {
  const project = new HostileProject({ 'schemas/a.avsc': { type: 'record', name: 'A', fields: [] } });
  await project.generate();
  expect(await project.verify("same('A', {});")).toEqual(HARMLESS);
  project.put('src/generated/types/a.ts', `${project.get('src/generated/types/a.ts')}globalThis['pwned'] = 1;\n`);
  const verdict = await project.verify("assert.equal(codecs['A'].name, 'B');");
  expect(verdict.typeErrors).toContain('src/generated/types/a.ts');
  expect(verdict.loaded).toContain('AssertionError');
  expect(await project.load()).toBe('injected\n');
  expect(verdict.check).toBe(1);
});
