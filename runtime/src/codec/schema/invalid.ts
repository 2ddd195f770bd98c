import type { PrimitiveType } from './type.ts';

/** Stands for a type that has problems, so that the rest of its schema can still be checked. */
export const INVALID: PrimitiveType = { kind: 'null', as: 'null' };
