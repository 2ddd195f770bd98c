/** Every flag that makes the compiler stricter and that generated code says to hold under. */
export const STRICTEST: object = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  noUncheckedSideEffectImports: true,
  forceConsistentCasingInFileNames: true,
  useUnknownInCatchVariables: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
};
