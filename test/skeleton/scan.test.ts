import { describe, expect, it } from 'vitest';
import { parseJobFile } from '../../generator/skeleton/job-file.ts';
import { scanHandlers } from '../../generator/skeleton/scan.ts';

const HEAD = `import { type Job, job } from '../generated/jobs/job.ts';\n`;

/** What a glance sees of `job({ <body> })`; agreed with the parser. */
function handlers(body: string, head: string = HEAD): readonly string[] {
  const text = `${head}export default job({ ${body} });\n`;
  const scan = scanHandlers(text, 'job');
  const parsed = parseJobFile(text, 'job');
  if ('reason' in parsed) throw new Error(parsed.reason);
  if (scan === undefined) throw new Error('unclear');
  if (scan.complete) expect([...parsed.names]).toEqual(scan.names);
  return scan.names;
}

describe('scanHandlers', () => {
  it.each([
    ['methods', `a(x, ctx) { f({ b: 1 }, [2, 3]); }, async c() {}, *d() {}, async *e() {}`, ['a', 'c', 'd', 'e']],
    ['properties', `a: (x, ctx) => { g(1, 2); }, b: async (x) => x, c: function (x) {}, d: null`, ['a', 'b', 'c', 'd']],
    ['shorthand', `a, b`, ['a', 'b']],
    [
      'handlers of timers',
      `a() {}, onTimer: { close(t, ctx) { f({ x: 1 }); }, 'remind': g }, b() {}`,
      ['a', 'onTimer', 'b', 'onTimer.close', 'onTimer.remind'],
    ],
    ['handlers of timers from elsewhere', `a() {}, onTimer: timers`, ['a', 'onTimer']],
    ['quoted names', `'a': f, "b"() {}, ['c']() {}`, ['a', 'b', 'c']],
    ['accessors', `get a() { return f; }, set b(x) {}`, ['a', 'b']],
    ['handlers called as modifiers', `async() {}, get() {}, set: f`, ['async', 'get', 'set']],
    [
      'type arguments',
      `a<T, U>(x: Map<T, U>): Promise<Map<T, U>> {}, b: f<A, B>(x), c(): Map<string, { x: 1, y: 2 }> {}`,
      ['a', 'b', 'c'],
    ],
    ['comparisons', `a: x < y, b: y > (x)`, ['a', 'b']],
    [
      'strings',
      `a: '}', b: "\\"{", c: \`\${ { d: '}' }.d }{\`, e: \`\\\`\`, f: \`\${\`\${1}\`}\``,
      ['a', 'b', 'c', 'e', 'f'],
    ],
    ['comments', `/* x, } */ a /* : */ () { // }\n }, // b() {}\n c`, ['a', 'c']],
    [
      'regular expressions',
      `a: /[}"/]\\/'/g, b() { return /'/.test(x) }, c: x / y, d: 1 / 2 / 3`,
      ['a', 'b', 'c', 'd'],
    ],
    ['arrow results', `a: (x): x is string => true, b: x => ({ c: 1 }), d`, ['a', 'b', 'd']],
    ['trailing comma', `a() {},`, ['a']],
    ['nothing', '', []],
    ['names of any script', `größe() {}, $a: 1, _b() {}`, ['größe', '$a', '_b']],
  ])('sees %s', (_, body, expected) => {
    expect(handlers(body)).toEqual(expected);
  });

  it.each([
    ['an alias', `import { type Job, job as declare } from './x.ts';\nexport default declare({ a() {} });`],
    [
      'an alias that takes the name of another',
      `import { other as job, job as mine } from './x.ts';\njob({ z() {} }); mine({ a() {} });`,
    ],
    ['a namespace', `import * as jobs from './x.ts';\nexport default jobs.job({ a() {} });`],
    ['a required namespace', `import jobs = require('./x.ts');\nexport = jobs.job({ a() {} });`],
    ['satisfies', `${HEAD}export default job({ a() {} } satisfies H);`],
    ['parentheses', `${HEAD}export default job(({ a() {} }));`],
    ['a byte order mark', `\uFEFF${HEAD}export default job({ a() {} });`],
    ['a hashbang', `#!/usr/bin/env node '\n${HEAD}export default job({ a() {} });`],
    ['carriage returns', `${HEAD}// it's\r\nexport default job({\r\n  a() {},\r\n});\r\n`],
    [
      'other things of that name',
      `${HEAD}const o = { job: 1 }; o.job; x.job({ z() {} }); export default job({ a() {} });`,
    ],
  ])('finds the call through %s', (_, text) => {
    expect(scanHandlers(text, 'job')).toEqual({ names: ['a'], complete: true });
    const parsed = parseJobFile(text.replace('\uFEFF', ''), 'job');
    expect('names' in parsed ? [...parsed.names] : parsed).toEqual(['a']);
  });

  it('says when spreads or computed names may hold more', () => {
    expect(scanHandlers(`${HEAD}job({ ...common, a() {} })`, 'job')).toEqual({ names: ['a'], complete: false });
    expect(scanHandlers(`${HEAD}job({ a() {}, [b]() {} })`, 'job')).toEqual({ names: ['a'], complete: false });
  });

  it.each([
    ['no call', HEAD],
    ['no import', 'job({ a() {} })'],
    ['a type of that name only in a string', `import { x } from 'job';\njob({ a() {} })`],
    ['two calls', `${HEAD}job({ a() {} }); job({ b() {} })`],
    ['no literal', `${HEAD}job(handlers)`],
    ['no argument', `${HEAD}job()`],
    ['an open brace', `${HEAD}job({ a() { }`],
    ['an open string', `${HEAD}job({ a: 'x\n })`],
    ['an open template', `${HEAD}job({ a: \`\${x })`],
    ['brackets crossed', `${HEAD}job({ a: [} ]})`],
  ])('is unsure about %s', (_, text) => {
    expect(scanHandlers(text, 'job')).toBeUndefined();
  });
});
