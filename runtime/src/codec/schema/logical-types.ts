/**
 * The logical types in a schema, each with its path: `at: timestamp-millis, price: decimal(10,2)`. Canonical forms, and so
 * fingerprints, leave them out, though they change what a value means.
 */
export function logicalTypes(schema: string): string {
  const found: string[] = [];
  collect(JSON.parse(schema), '', found);
  return found.join(', ');
}

function collect(schema: unknown, path: string, found: string[]): void {
  if (Array.isArray(schema)) {
    schema.forEach((branch, i) => {
      collect(branch, `${path}[${i}]`, found);
    });
    return;
  }
  if (typeof schema !== 'object' || schema === null) return;
  if ('logicalType' in schema && typeof schema.logicalType === 'string') {
    const { precision, scale = 0 } = schema as { readonly precision?: unknown; readonly scale?: unknown };
    const size = precision === undefined ? '' : `(${precision},${scale})`;
    found.push(`${path === '' ? '' : `${path}: `}${schema.logicalType}${size}`);
  }
  if ('type' in schema) collect(schema.type, path, found);
  if ('items' in schema) collect(schema.items, `${path}[]`, found);
  if ('values' in schema) collect(schema.values, `${path}{}`, found);
  if ('fields' in schema && Array.isArray(schema.fields)) {
    for (const field of schema.fields as readonly { readonly name: string; readonly type: unknown }[]) {
      collect(field.type, path === '' ? field.name : `${path}.${field.name}`, found);
    }
  }
}
