import type { AvroType } from './type.ts';

/**
 * Parsing Canonical Form (Avro 1.12, "Transforming into Parsing Canonical Form"): what matters for reading data,
 * written in one way only. A named type is written where it comes first, by name after that.
 */
export function canonicalForm(type: AvroType): string {
  return canonical(type, new Set());
}

function canonical(type: AvroType, written: Set<string>): string {
  switch (type.kind) {
    case 'array':
      return `{"type":"array","items":${canonical(type.items, written)}}`;
    case 'map':
      return `{"type":"map","values":${canonical(type.values, written)}}`;
    case 'union': {
      const branches: string[] = [];
      for (const branch of type.branches) branches.push(canonical(branch.type, written));
      return `[${branches.join(',')}]`;
    }
    case 'enum':
    case 'fixed':
    case 'record': {
      const name = JSON.stringify(type.name);
      if (written.has(type.name)) return name;
      written.add(type.name);
      if (type.kind === 'enum') return `{"name":${name},"type":"enum","symbols":${JSON.stringify(type.symbols)}}`;
      if (type.kind === 'fixed') return `{"name":${name},"type":"fixed","size":${type.size}}`;
      const fields: string[] = [];
      for (const field of type.fields) {
        fields.push(`{"name":${JSON.stringify(field.name)},"type":${canonical(field.type, written)}}`);
      }
      return `{"name":${name},"type":"record","fields":[${fields.join(',')}]}`;
    }
    default:
      return `"${type.kind}"`;
  }
}
