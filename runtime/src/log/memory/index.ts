export type { MemoryLog, MemoryLogOptions, ProducedRecord } from './memory-log.ts';
export { memoryLog } from './memory-log.ts';
