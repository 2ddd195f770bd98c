import { type AvroType, type Branch, simpleName } from '@kgen/runtime/schema';

/** A type as Avro's IDL nearly writes it, for people: `array<timestamp-millis>`, `null | DelayCause`. */
export function avroText(type: AvroType, fullNames = false): string {
  switch (type.kind) {
    case 'record':
    case 'enum':
    case 'fixed':
      return fullNames ? type.name : simpleName(type.name);
    case 'array':
      return `array<${avroText(type.items, fullNames)}>`;
    case 'map':
      return `map<${avroText(type.values, fullNames)}>`;
    case 'union':
      return type.branches.length === 0
        ? 'union of nothing'
        : type.branches.map((branch) => avroText(branch.type, fullNames)).join(' | ');
    default:
      if (type.logical === undefined) return type.kind;
      if (type.logical.name !== 'decimal') return type.logical.name;
      return `decimal(${type.logical.precision}, ${type.logical.scale})`;
  }
}

/** A type as generated code writes it, for people: names without imports, null last. */
export function typeScriptText(type: AvroType, fullNames = false): string {
  switch (type.kind) {
    case 'record':
    case 'enum':
    case 'fixed':
      return fullNames ? type.name : simpleName(type.name);
    case 'array': {
      const items = typeScriptText(type.items, fullNames);
      return type.items.kind === 'union' ? `(${items})[]` : `${items}[]`;
    }
    case 'map':
      return `Record<string, ${typeScriptText(type.values, fullNames)}>`;
    case 'union': {
      const texts = type.branches.map((branch) => branchText(branch, type.tagged, fullNames));
      const distinct = [...new Set(texts)];
      const sorted = [...distinct.filter((text) => text !== 'null'), ...distinct.filter((text) => text === 'null')];
      return sorted.length === 0 ? 'never' : sorted.join(' | ');
    }
    default:
      if (type.as === 'bytes') return 'Uint8Array';
      return type.as === 'duration' ? '{ months: number; days: number; millis: number }' : type.as;
  }
}

function branchText({ tag, type }: Branch, tagged: boolean, fullNames: boolean): string {
  const text = typeScriptText(type, fullNames);
  return tagged && type.kind !== 'null' ? `{ branch: '${tag}'; value: ${text} }` : text;
}
