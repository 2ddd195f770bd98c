import type { AvroType, RecordType } from '../codec/schema/type.ts';

/** How deep the least deep value of each type goes that `root` reaches; infinite where a record holds itself in any case. */
export function heights(root: AvroType): (type: AvroType) => number {
  const records = new Map<RecordType, number>();
  collect(root, records);
  const height = (type: AvroType): number => {
    if (type.kind === 'record') return records.get(type) ?? Number.POSITIVE_INFINITY;
    if (type.kind !== 'union') return 0;
    return Math.min(...type.branches.map((branch) => height(branch.type)));
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const [record, before] of records) {
      const now = 1 + Math.max(0, ...record.fields.map((field) => height(field.type)));
      if (now >= before) continue;
      records.set(record, now);
      changed = true;
    }
  }
  return height;
}

function collect(type: AvroType, records: Map<RecordType, number>): void {
  switch (type.kind) {
    case 'record':
      if (records.has(type)) return;
      records.set(type, Number.POSITIVE_INFINITY);
      for (const field of type.fields) collect(field.type, records);
      return;
    case 'array':
      collect(type.items, records);
      return;
    case 'map':
      collect(type.values, records);
      return;
    case 'union':
      for (const branch of type.branches) collect(branch.type, records);
      return;
    default:
  }
}
