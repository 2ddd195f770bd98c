export { interpret, interpretTraced, type Trace } from './interpreter.ts';
export { minimumSize } from './item-size.ts';
export type { Read } from './leaf.ts';
export * from './plan.ts';
export { planRead } from './plan-read.ts';
export { longToFloat, readLongAsDouble, readLongAsFloat } from './promotion.ts';
export { partsOfPlan, recursiveRecords } from './recursion.ts';
