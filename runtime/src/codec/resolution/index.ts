export { type ChangedMeaning, changedMeanings } from './changed-meaning.ts';
export { type Incompatibility, type IncompatibilityKind, incompatibilities } from './incompatibility.ts';
export { interpret, interpretTraced, type Trace } from './interpreter.ts';
export { MinimumSizes } from './item-size.ts';
export type { Read } from './leaf.ts';
export * from './plan.ts';
export { PlainPlans, planRead } from './plan-read.ts';
export { longToFloat, readLongAsDouble, readLongAsFloat } from './promotion.ts';
export { partsOfPlan, RecursiveRecords } from './recursion.ts';
