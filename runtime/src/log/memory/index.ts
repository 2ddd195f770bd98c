/// <reference types="node" preserve="true" />
export type { MemoryLog, MemoryLogOptions } from './memory-log.ts';
export { memoryLog } from './memory-log.ts';
export type { ProducedRecord } from './produced-record.ts';
