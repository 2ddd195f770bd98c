export * from './mapping.ts';
export * from './type.ts';
