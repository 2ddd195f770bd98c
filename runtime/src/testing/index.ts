/// <reference types="node" preserve="true" />

export type { ProducedRecord } from '../log/memory/produced-record.ts';
export type { LogLine } from './captured-log.ts';
export { drive } from './drive.ts';
export type { Driver, DriverOf } from './driver.ts';
export type { DriverRead, DriverSend, DriverState, ReadOptions, SendOptions } from './driver-types.ts';
export type { LogFailure, LogRequest, PlannedFailure } from './failures.ts';
export type { DriveOptions } from './options.ts';
export { type SampleOptions, type SampleOverrides, sample } from './sample.ts';
