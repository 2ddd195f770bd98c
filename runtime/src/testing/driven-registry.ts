import { selfContained } from '../codec/schema/self-contained.ts';
import type { FoundSchema, SchemaSource } from '../format/schema-source.ts';

/** A registry that has what was pulled, and these schemas. It answers at once. @throws AvroSchemaError */
export function drivenRegistry(schemas: { readonly [id: number]: string }): SchemaSource {
  const byId = new Map<number, FoundSchema>();
  for (const [id, text] of Object.entries(schemas)) {
    byId.set(Number(id), { schema: selfContained(text, []).schema, label: 'given to the driver' });
  }
  return {
    isAmong: () => true,
    found: (id) => byId.get(id) ?? { problem: `schema id ${id} is neither pulled nor among the driver's \`schemas\`` },
    wait: async () => undefined,
    async idOf(_, subjects) {
      const what = `the schema that is written here is not in what was pulled of ${subjects.join(', ')}`;
      throw new TypeError(`${what}. Register it, then run \`kgen pull\` and \`kgen generate\``);
    },
  };
}
