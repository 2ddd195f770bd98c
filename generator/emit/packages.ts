/** Where generated files get their types. */
export const RUNTIME = '@kgen/runtime';
/** Where generated files get what they call. */
export const CODEGEN = '@kgen/runtime/codegen/v1';
