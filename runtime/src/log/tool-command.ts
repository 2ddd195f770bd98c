import type { Log, TopicPartition } from './port.ts';

/** A command of a tool that comes with the log, as whoever reads it can run it. */
export function toolCommand({ tools }: Pick<Log, 'tools'>, tool: string, call: string): string {
  return tools === undefined ? `${tool} ${call}` : `${tool} ${tools} ${call}`;
}

/** Ends a transaction that nobody else ends, by where it begins in a partition. */
export function abortCommand(
  log: Pick<Log, 'tools'>,
  { topic, partition, offset }: TopicPartition & { readonly offset: number },
): string {
  const call = `abort --topic ${topic} --partition ${partition} --start-offset ${offset}`;
  return toolCommand(log, 'kafka-transactions.sh', call);
}
