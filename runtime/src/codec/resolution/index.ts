export { minimumSize } from './item-size.ts';
export * from './plan.ts';
export { planRead } from './plan-read.ts';
export { partsOfPlan, recursiveRecords } from './recursion.ts';
