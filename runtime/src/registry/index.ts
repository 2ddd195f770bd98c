export {
  type CompatibilityLevel,
  type NewSchema,
  type RegisteredSchema,
  type RegistryClient,
  registryClient,
  type SchemaReference,
  type SubjectVersion,
} from './client.ts';
export { isRegistryUrl, shownUrl } from './connection.ts';
export { contextOf } from './context.ts';
export { type JobRegistryOptions, type RunRegistry, schemaRegistry } from './job-registry.ts';
export type { RegistryAuth, RegistryOptions, RegistryTls } from './options.ts';
export { referencedVersions } from './references.ts';
export { isRegistryError, RegistryError, type RegistryErrorKind } from './registry-error.ts';
