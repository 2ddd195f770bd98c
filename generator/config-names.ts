/** What configs are called, in the order they are looked for. */
export const CONFIG_NAMES: readonly string[] = [
  'kgen.config.ts',
  'kgen.config.mts',
  'kgen.config.js',
  'kgen.config.mjs',
];
