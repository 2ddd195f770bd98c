export {
  type CompatibilityLevel,
  type NewSchema,
  type RegisteredSchema,
  type RegistryClient,
  registryClient,
  type SchemaReference,
  type SubjectVersion,
} from './client.ts';
export type { RegistryAuth, RegistryOptions, RegistryTls } from './options.ts';
export { isRegistryError, RegistryError, type RegistryErrorKind } from './registry-error.ts';
