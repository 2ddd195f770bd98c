/// <reference types="node" preserve="true" />
export * from '../resolution/index.ts';
export { type TypeReader, typeReader } from '../type-reader.ts';
export { isInherited, isMistakable } from '../value-kind.ts';
export { canonicalForm } from './canonical-form.ts';
export { type DefaultProblem, defaultValue, isDefaultOf, type TypedDefault, typedDefault } from './defaults.ts';
export {
  type DocumentProblem,
  MAX_SCHEMA_DEPTH,
  type NamedDefinition,
  type SchemaDocument,
  type SchemaOptions,
  type SchemaSet,
} from './document.ts';
export { crc64Avro, fingerprint } from './fingerprint.ts';
export {
  isJsonArray,
  isJsonObject,
  JsonError,
  type JsonOptions,
  jsonLocator,
  member,
  parseJson,
  positionOf,
  writeJson,
} from './json.ts';
export { isLogicalName } from './logical-type.ts';
export { logicalTypes } from './logical-types.ts';
export * from './mapping.ts';
export { isFullName, isName, isNamespace, isPrimitiveName, namespaceOf, qualify, simpleName } from './name.ts';
export { partsOf } from './nesting.ts';
export {
  namedTypesOf,
  normalizedDefinition,
  normalizedSchema,
  publishedSchema,
  sameSchema,
} from './normalized-schema.ts';
export { parseSchema, parseSchemaJson, readSchemas } from './read-schemas.ts';
export { type SelfContained, selfContained } from './self-contained.ts';
export * from './type.ts';
export { branchName, type ValueKind, valueKind } from './union.ts';
