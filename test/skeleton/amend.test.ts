import { describe, expect, it } from 'vitest';
import { amend } from '../../generator/skeleton/amend.ts';
import { jobOf } from './example.ts';

const job = jobOf('flights', 'weather');
const HEAD = `import { airportDelays } from '../generated/jobs/airport-delays.ts';\n`;

/** Amends a file, and proves that what was there is still there, in order: the rest is what was inserted. */
function amended(text: string, model: typeof job = job): string {
  const result = amend(text, model);
  let rest = text;
  for (const character of result.text) if (rest.startsWith(character)) rest = rest.slice(1);
  expect(rest).toBe('');
  expect(result.problem).toBeUndefined();
  // A second time there is nothing to add.
  expect(amend(result.text, model)).toEqual({ text: result.text, added: [] });
  return result.text;
}

describe('amend', () => {
  it('adds a method behind methods', () => {
    const text = `${HEAD}
export default airportDelays({
  // The main stream.
  flights(flight, ctx) {
    ctx.log.info({ flight });
  },
  // More to come.
});
`;
    expect(amended(text)).toBe(`${HEAD}
export default airportDelays({
  // The main stream.
  flights(flight, ctx) {
    ctx.log.info({ flight });
  },
  // More to come.
  weather(flight, ctx) {
    ctx.log.debug({ flight }, 'weather');
  },
});
`);
  });

  it('says what it added, and nothing where nothing lacks', () => {
    expect(amend(`${HEAD}airportDelays({});`, job).added).toEqual(['flights', 'weather']);
    const whole = `${HEAD}airportDelays({ flights, "weather": null, onStart() {}, gone() {} });`;
    expect(amend(whole, job)).toEqual({ text: whole, added: [] });
  });

  it('follows line ends, tabs, quotes, missing semicolons, missing commas and arrow functions', () => {
    const text = [
      `import { type AirportDelays as A, airportDelays as declare } from "../generated/jobs/airport-delays.js"`,
      '',
      'const job: A = declare({',
      '\tflights: async (flight, ctx) => {',
      '\t\tawait 1',
      '\t} // last',
      '})',
      'export default job',
      '',
    ].join('\r\n');
    expect(amended(text)).toBe(
      [
        `import { type AirportDelays as A, airportDelays as declare } from "../generated/jobs/airport-delays.js"`,
        '',
        'const job: A = declare({',
        '\tflights: async (flight, ctx) => {',
        '\t\tawait 1',
        '\t}, // last',
        '\tweather: (flight, ctx) => {',
        '\t\tctx.log.debug({ flight }, "weather")',
        '\t}',
        '})',
        'export default job',
        '',
      ].join('\r\n'),
    );
  });

  it('sets handlers apart where all are', () => {
    const three = jobOf('flights', 'returns', 'weather');
    const text = `${HEAD}airportDelays({\n  onStart() {},\n\n  // The main one.\n  flights() {},\n});`;
    const added = (name: string): string =>
      `\n  ${name}(flight, ctx) {\n    ctx.log.debug({ flight }, '${name}');\n  },\n`;
    expect(amended(text, three)).toBe(text.replace('\n});', `\n${added('returns')}${added('weather')}});`));
  });

  it('keeps one line one line', () => {
    expect(amended(`${HEAD}export default airportDelays({ flights() {} });`)).toBe(
      `${HEAD}export default airportDelays({ flights() {}, weather(flight, ctx) { ctx.log.debug({ flight }, 'weather'); } });`,
    );
    expect(amended(`${HEAD}airportDelays({ flights() {} /* , */ , /* x */ });`)).toBe(
      `${HEAD}airportDelays({ flights() {} /* , */ , weather(flight, ctx) { ctx.log.debug({ flight }, 'weather'); }, /* x */ });`,
    );
  });

  it('opens an empty object', () => {
    const body = `  weather(flight, ctx) {\n    ctx.log.debug({ flight }, 'weather');\n  },\n`;
    const only = jobOf('weather');
    expect(amended(`${HEAD}airportDelays({});`, only)).toBe(`${HEAD}airportDelays({\n${body}});`);
    expect(amended(`${HEAD}airportDelays({\n});`, only)).toBe(`${HEAD}airportDelays({\n${body}});`);
    expect(amended(`${HEAD}airportDelays({ // none yet\n});`, only)).toBe(
      `${HEAD}airportDelays({ // none yet\n${body}});`,
    );
    const nested = `${HEAD}  if (x) {\n    airportDelays({});\n  }`;
    expect(amended(nested, only)).toBe(
      `${HEAD}  if (x) {\n    airportDelays({\n      weather(flight, ctx) {\n        ctx.log.debug({ flight }, 'weather');\n      },\n    });\n  }`,
    );
  });

  it('copes with a brace that closes behind the last handler', () => {
    expect(amended(`${HEAD}airportDelays({\n    flights() {\n    } });`)).toBe(
      `${HEAD}airportDelays({\n    flights() {\n    },\n    weather(flight, ctx) {\n        ctx.log.debug({ flight }, 'weather');\n    } });`,
    );
    expect(amended(`${HEAD}airportDelays({\n  flights() {}, });`)).toBe(
      `${HEAD}airportDelays({\n  flights() {},\n  weather(flight, ctx) {\n    ctx.log.debug({ flight }, 'weather');\n  }, });`,
    );
  });

  it('takes shorthand handlers, satisfies, namespaces and a byte order mark', () => {
    expect(amended(`\uFEFF${HEAD}airportDelays(({ flights }) satisfies H);`)).toContain(
      '{ flights, weather(flight, ctx) {',
    );
    expect(amended(`import * as jobs from './x';\njobs.airportDelays({ flights });`)).toContain('{ flights, weather(');
  });

  it('counts handlers that a spread of the same file brings', () => {
    const text = `${HEAD}const common = { flights() {}, ...{ weather() {} } } as const;\nairportDelays({ ...common });`;
    expect(amend(text, job)).toEqual({ text, added: [] });
    expect(amended(`${HEAD}const common = { weather() {} };\nairportDelays({ ...common });`)).toContain(
      '{ ...common, flights(flight, ctx)',
    );
  });

  it.each([
    ['an imported object', 'import { common } from "./common";\n', '...common'],
    ['a variable that may change', 'let common = { flights() {} };\n', '...common'],
    ['a call', '', '...make()'],
    ['a computed name', '', '[name]() {}'],
    ['an object that spreads itself', 'const common = { ...common };\n', '...common'],
  ])('adds nothing beside %s, since it may bring the handler', (_, before, part) => {
    const text = `${HEAD}${before}airportDelays({ ${part}, flights() {} });`;
    const result = amend(text, job);
    expect(result).toMatchObject({ text, added: [], unseen: { names: ['weather'] } });
    expect(part === '[name]() {}' ? part : result.unseen?.in).toContain(result.unseen?.in);
  });

  it.each([
    [
      'handlers of a variable',
      `${HEAD}airportDelays(handlers);`,
      2,
      15,
      'airportDelays is not called with an object literal',
    ],
    ['no argument', `${HEAD}airportDelays();`, 2, 1, 'airportDelays is not called with an object literal'],
    [
      'two calls',
      `${HEAD}airportDelays({});\nairportDelays({});`,
      3,
      1,
      'airportDelays is called more than once in this file',
    ],
    ['no call', `${HEAD}`, 1, 1, 'nothing in this file calls airportDelays as imported'],
    ['no import', 'airportDelays({});', 1, 1, 'nothing in this file calls airportDelays as imported'],
    ['broken code', `${HEAD}airportDelays({ flights( });`, 2, 26, 'the file does not parse: '],
  ])('leaves %s alone and says why', (_, text, line, column, reason) => {
    const result = amend(text, job);
    expect(result).toMatchObject({ text, added: [], problem: { line, column } });
    expect(result.problem?.reason).toContain(reason);
  });

  const timed = { ...jobOf('flights'), timers: ['close', 'remind'] };

  it('adds handlers of timers in an object of their own', () => {
    const text = `${HEAD}
export default airportDelays({
  flights(flight, ctx) {
    ctx.log.info({ flight });
  },
});
`;
    expect(amended(text, timed)).toBe(`${HEAD}
export default airportDelays({
  flights(flight, ctx) {
    ctx.log.info({ flight });
  },
  onTimer: {
    close(timer, ctx) {
      ctx.log.debug({ timer }, 'close');
    },
    remind(timer, ctx) {
      ctx.log.debug({ timer }, 'remind');
    },
  },
});
`);
    expect(amended(`${HEAD}airportDelays({ flights() {} });`, { ...timed, timers: ['close'] })).toBe(
      `${HEAD}airportDelays({ flights() {}, onTimer: { close(timer, ctx) { ctx.log.debug({ timer }, 'close'); } } });`,
    );
  });

  it('adds a handler of a timer to the object that is there, and handlers of inputs beside it', () => {
    const text = `${HEAD}
export default airportDelays({
  onTimer: {
    close: (timer, ctx) => {
      ctx.log.info({ timer });
    },
  },
});
`;
    expect(amend(text, timed).added).toEqual(['flights', 'onTimer.remind']);
    expect(amended(text, timed)).toBe(`${HEAD}
export default airportDelays({
  onTimer: {
    close: (timer, ctx) => {
      ctx.log.info({ timer });
    },
    remind: (timer, ctx) => {
      ctx.log.debug({ timer }, 'remind');
    },
  },
  flights(flight, ctx) {
    ctx.log.debug({ flight }, 'flights');
  },
});
`);
  });

  it('leaves alone handlers of timers that it cannot see', () => {
    for (const handlers of ['flights, onTimer: timersOf(x)', 'flights, onTimer', '...{ flights, onTimer: {} }']) {
      const text = `${HEAD}airportDelays({ ${handlers} });`;
      const unseen = { in: 'onTimer', names: ['onTimer.close', 'onTimer.remind'] };
      expect(amend(text, timed)).toEqual({ text, added: [], unseen });
    }
  });
});
