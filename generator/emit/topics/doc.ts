import type { FieldPath, FormatModel, PartitionerModel, TopicModel } from '../../model/model.ts';
import { nameOf } from '../../model/type-reference.ts';

/** What a topic is, in one sentence; names of files and patterns may hold anything. */
export function topicDoc(topic: TopicModel): string {
  const { names, pattern, key, value, keyFrom, timestampFrom, tombstones, partitioner } = topic;
  const kafka =
    pattern !== undefined
      ? `Kafka topics that match ${code(pattern)}`
      : `Kafka topic${names.length > 1 ? 's' : ''} ${names.map(code).join(', ')}`;
  const parts = [
    `key ${formatDoc(key)}${keyFrom === undefined ? '' : ` (from ${path(keyFrom)})`}`,
    `value ${formatDoc(value)}${tombstones === true ? ' or none' : ''}`,
    ...(timestampFrom === undefined ? [] : [`time from ${path(timestampFrom)}`]),
    ...(topic.timestamps === undefined ? [] : ['written with the time of writing']),
    ...partitionerDoc(partitioner),
  ];
  return `${kafka}: ${parts.join(', ')}.`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function path({ steps }: FieldPath): string {
  return code(steps.map(({ name }) => name).join('.'));
}

function formatDoc(format: FormatModel): string {
  if (format.kind === 'own') return code(format.name);
  if (!('types' in format)) return format.kind;
  const ids = format.types.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const kind = format.kind === 'typed-json' ? 'json' : format.kind;
  const more = ids.length === 0 ? '' : `, id ${ids.join(' or ')}`;
  return `${format.types.map(nameOf).join(' or ')} (${kind}${more})`;
}

function partitionerDoc(partitioner: PartitionerModel): readonly string[] {
  switch (partitioner.kind) {
    case 'murmur2':
      return [];
    case 'round-robin':
      return ['partitions in turn'];
    case 'sticky':
      return ['one partition after the other, batch by batch'];
    case 'fixed':
      return ['one partition for each task'];
    case 'field':
      return [`partitioned by ${path(partitioner.field)}`];
    case 'function':
      return [`partitioned by ${code(partitioner.name)}`];
  }
}
