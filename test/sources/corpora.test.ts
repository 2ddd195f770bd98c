import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { canonicalForm, parseSchema } from '@kgen/runtime/schema';
import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { loadTypes } from '../../generator/model/types.ts';
import { parseAvdl } from '../../generator/sources/avdl.ts';

const AVRO = fileURLToPath(new URL('../../fixtures/spec/avro', import.meta.url));
/** Not part of the repository: a large set of schemas that people wrote, where it lies next to it. */
const RADAR = fileURLToPath(new URL('../../../shared/corpora/radar', import.meta.url));

describe("Avro's own test schemas", () => {
  it('load together, without a finding', async () => {
    const { types, findings, notices, files } = await loadTypes({ schemas: ['schemas/*'] }, AVRO);
    expect(findings).toEqual([]);
    expect(files).toHaveLength(18);
    expect(types).toHaveLength(65);
    expect(new Set(types.map(({ path }) => path)).size).toBe(65);
    expect(notices).toEqual([
      'Messages of protocols are ignored: schemas/BulkData.avpr, schemas/echo.avdl, schemas/mail.avpr and 2 more',
    ]);
  });

  it.each(['contexts', 'echo', 'http', 'nestedNullable', 'schemaevolution', 'social', 'specialtypes', 'stringables'])(
    '%s.avdl means what another parser says it means',
    async (name) => {
      const path = `${AVRO}/schemas/${name}.avdl`;
      const expected = await assemble(path);
      const actual = parseAvdl(readFileSync(path, 'utf8'));
      expect(actual.problems).toEqual([]);
      expect(actual.schemas.map(({ path: fullName }) => fullName).sort()).toEqual([...expected.keys()].sort());
      const { types } = await loadTypes({ schemas: [`schemas/${name}.avdl`] }, AVRO);
      for (const { fullName, type } of types) expect(canonicalForm(type)).toBe(expected.get(fullName));
    },
  );
});

/** Canonical forms by full name. */
function assemble(path: string): Promise<ReadonlyMap<string, string>> {
  return new Promise((resolve, reject) => {
    avsc.assembleProtocol(path, (error, protocol) => {
      if (error) return reject(error);
      const registry: { [name: string]: avsc.Type } = {};
      avsc.Service.forProtocol(protocol, { registry, wrapUnions: true } as object);
      const forms = Object.entries(registry)
        .filter(([, type]) => type.typeName === 'record' || type.typeName === 'error' || type.typeName === 'enum')
        .map(([name, type]) => [name, canonicalForm(parseSchema(JSON.stringify(type.schema())))] as const);
      resolve(new Map(forms));
    });
  });
}

describe.skipIf(!existsSync(RADAR))('the schemas of RADAR-base', () => {
  it('load together, without a finding', async () => {
    const { types, findings, files } = await loadTypes({ schemas: ['commons/**/*.avsc'] }, RADAR);
    expect(findings).toEqual([]);
    expect(files).toHaveLength(226);
    expect(types).toHaveLength(287);
    expect(new Set(types.map(({ path }) => path.toLowerCase())).size).toBe(287);
    for (const { path } of types) expect(path).toMatch(/^types\/(?:[a-z0-9-]+\/)*[a-z0-9-]+\.ts$/);
  });
});
