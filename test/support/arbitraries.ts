export * from './schema-arbitrary.ts';
export * from './value-arbitrary.ts';
