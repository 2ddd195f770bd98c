import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Nameable, nameTypes, type TypeNames } from '../../generator/model/names.ts';

const named = (fullName: string): Nameable => ({ fullName, named: true });
const unnamed = (fullName: string): Nameable => ({ fullName, named: false });

function names(...types: readonly Nameable[]): { readonly [fullName: string]: string } {
  const settled = nameTypes(types);
  return Object.fromEntries(types.map(({ fullName }, i) => [fullName, text(settled[i])]));
}

function text(name: TypeNames | undefined): string {
  return `${name?.identifier} ${name?.path}`;
}

describe('names', () => {
  it.each([
    ['us.bts.Flight', 'Flight types/us/bts/flight.ts'],
    ['us.bts.DelayCause', 'DelayCause types/us/bts/delay-cause.ts'],
    ['HTTPRequest', 'HTTPRequest types/http-request.ts'],
    ['MD5', 'MD5 types/md5.ts'],
    ['a.order_Item2', 'order_Item2 types/a/order-item2.ts'],
    ['com.myCompany.sales_v2.X', 'X types/com/my-company/sales-v2/x.ts'],
    ['_Private', '_Private types/private.ts'],
    ['__', '__ types/schema-6eb1bcd5.ts'],
    ['lower', 'lower types/lower.ts'],
    ['Topics', 'Topics types/topics.ts'],
  ])('of %s are %s', (fullName, expected) => {
    const actual = names(named(fullName))[fullName];
    expect(actual?.replace(/-[0-9a-f]{8}\.ts$/, '-#.ts')).toBe(expected.replace(/-[0-9a-f]{8}\.ts$/, '-#.ts'));
  });

  it.each([
    ['order-events', 'OrderEvents types/order-events.ts'],
    ['2024 prices', '_2024Prices types/2024-prices.ts'],
    ['a.b', 'AB types/a-b.ts'],
    ['date', 'Date_ types/date.ts'],
    ['größe', 'GrE types/gr-e.ts'],
  ])('of the unnamed schema in %s.avsc are %s', (file, expected) => {
    expect(names(unnamed(file))[file]).toBe(expected);
  });

  it.each(['..', '../../x', '日本', "'; evil()//", `\${x}`, '*/', 'a/b\\c', '\u0000', '\u202e', '__proto__', ' ', '.'])(
    'of a file called %j can do no harm',
    (file) => {
      const { identifier, path } = nameTypes([unnamed(file)])[0] ?? { identifier: '', path: '' };
      expect(identifier).toMatch(/^[A-Za-z_]\w*$/);
      expect(path).toMatch(/^types\/[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/);
    },
  );

  it.each(
    'Date Record Uint8Array Array Map Object String BigInt Promise Reader Writer Codec Number Boolean Error class default delete let await any never type exports then undefined'.split(
      ' ',
    ),
  )('of a type called %s get an underscore', (name) => {
    expect(nameTypes([named(name)])[0]?.identifier).toBe(`${name}_`);
  });

  it.each('con PRN Aux nul com1 LPT9 Index index'.split(' '))('of a type called %s are no special file', (name) => {
    expect(nameTypes([named(name)])[0]?.path).toMatch(new RegExp(`^types/${name.toLowerCase()}-[0-9a-f]{8}\\.ts$`));
    expect(nameTypes([named(`a.${name}.X`)])[0]?.path).toMatch(
      new RegExp(`^types/a/${name.toLowerCase()}-[0-9a-f]{8}/x\\.ts$`),
    );
  });
});

describe('clashes', () => {
  it('of paths give each a hash of its full name, whatever else there is', () => {
    const both = names(named('a.Foo'), named('a.foo'), named('a.FOO'), named('b.Foo'));
    expect(both['b.Foo']).toBe('Foo types/b/foo.ts');
    const clashing = ['a.Foo', 'a.foo', 'a.FOO'].map((name) => both[name] ?? '');
    for (const name of clashing) expect(name).toMatch(/^(?:Foo|foo|FOO) types\/a\/foo-[0-9a-f]{8}\.ts$/);
    expect(new Set(clashing.map((name) => name.split(' ')[1])).size).toBe(3);
    const reversed = names(named('b.Foo'), named('a.FOO'), named('a.foo'), named('a.Foo'));
    for (const [name, value] of Object.entries(both)) expect(reversed[name]).toBe(value);
  });

  it('of folders that differ in case only are clashes of files only', () => {
    const both = names(named('Shop.Order'), named('shop.Item'), named('shop.Order'));
    expect(both['shop.Item']).toBe('Item types/shop/item.ts');
    expect(both['Shop.Order']).toMatch(/^Order types\/shop\/order-[0-9a-f]{8}\.ts$/);
    expect(both['shop.Order']).toMatch(/^Order types\/shop\/order-[0-9a-f]{8}\.ts$/);
    expect(both['shop.Order']).not.toBe(both['Shop.Order']);
  });

  it('leave a type and a namespace of the same name side by side', () => {
    expect(names(named('us.bts'), named('us.bts.Flight'), named('us.Bts'))).toMatchObject({
      'us.bts.Flight': 'Flight types/us/bts/flight.ts',
      'us.bts': expect.stringMatching(/^bts types\/us\/bts-[0-9a-f]{8}\.ts$/),
    });
    expect(names(named('us'), named('us.bts.Flight'))).toEqual({
      us: 'us types/us.ts',
      'us.bts.Flight': 'Flight types/us/bts/flight.ts',
    });
  });

  it('of identifiers spare the one that keeps its own name, and other namespaces', () => {
    const all = names(named('a.Date'), named('a.Date_'), named('b.Date'), unnamed('prices'), named('Prices'));
    expect(all['a.Date_']).toMatch(/^Date_ /);
    expect(all['a.Date']).toMatch(/^Date_[0-9a-f]{8} /);
    expect(all['b.Date']).toMatch(/^Date_ /);
    expect(all['Prices']).toMatch(/^Prices /);
    expect(all['prices']).toMatch(/^Prices_[0-9a-f]{8} /);
  });

  it('that someone made on purpose still end', () => {
    const hashed = nameTypes([named('a.Foo'), named('a.foo')])[0]?.path.match(/foo-([0-9a-f]{8})/)?.[1] ?? '';
    const all = nameTypes([named('a.Foo'), named('a.foo'), named(`a.foo_${hashed}`), named(`a.Foo_${hashed}`)]);
    expect(new Set(all.map(({ path }) => path.toLowerCase())).size).toBe(4);
  });
});

describe('long names', () => {
  it('are cut, and stay distinct', () => {
    const long = (end: string): Nameable => named(`${'n'.repeat(30)}.${'s'.repeat(120)}.${'T'.repeat(300)}${end}`);
    const deep = named(`${'deep.'.repeat(80)}Type`);
    const paths = nameTypes([long('a'), long('b'), deep]).map(({ path }) => path);
    expect(new Set(paths).size).toBe(3);
    for (const path of paths) {
      expect(path.length).toBeLessThanOrEqual(180);
      for (const segment of path.split('/')) expect(segment.length).toBeLessThanOrEqual(100);
    }
  });
});

describe('whatever the names', () => {
  const part = fc.oneof(
    fc.constantFrom('a', 'A', 'con', 'Index', 'Date', 'Date_', '_', 'fooBar', 'foo_bar', 'FooBar', 'FOO_BAR'),
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/),
  );
  const types = fc.uniqueArray(
    fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => named(parts.join('.'))),
      fc.string({ unit: 'binary', maxLength: 20 }).map(unnamed),
    ),
    { selector: ({ fullName }) => fullName, maxLength: 12 },
  );

  it('paths are distinct on any disk and inside `types`, identifiers distinct in their namespace', () => {
    fc.assert(
      fc.property(types, (all) => {
        const settled = nameTypes(all);
        const paths = settled.map(({ path }) => path);
        expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(all.length);
        for (const path of paths) expect(path).toMatch(/^types\/(?:[a-z0-9-]+\/)*[a-z0-9-]+\.ts$/);
        for (const { identifier } of settled) expect(identifier).toMatch(/^[A-Za-z_]\w*$/);
        const scoped = settled.map(({ identifier }, i) => `${scopeOf(all[i])}/${identifier}`);
        expect(new Set(scoped).size).toBe(all.length);
      }),
      { numRuns: 300 },
    );
  });

  it('their order changes nothing', () => {
    fc.assert(
      fc.property(types, (all) => {
        const there = names(...all);
        expect(names(...[...all].reverse())).toEqual(there);
      }),
      { numRuns: 100 },
    );
  });

  it('identifiers do not depend on other namespaces', () => {
    fc.assert(
      fc.property(types, types, (mine, others) => {
        const elsewhere = others.map(({ fullName }) => named(`else.where.${fullName.replace(/\W/g, '_')}x`));
        const alone = nameTypes(mine).map(({ identifier }) => identifier);
        const together = nameTypes([...mine, ...new Map(elsewhere.map((t) => [t.fullName, t])).values()]);
        expect(together.slice(0, mine.length).map(({ identifier }) => identifier)).toEqual(alone);
      }),
      { numRuns: 100 },
    );
  });
});

function scopeOf(type: Nameable | undefined): string {
  return type?.named ? type.fullName.slice(0, Math.max(0, type.fullName.lastIndexOf('.'))) : '';
}
