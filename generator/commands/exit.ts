/** What a command's exit code means. */
export const FINE = 0;
/** Findings: something in schemas, generated files or jobs has to be mended. */
export const FINDINGS = 1;
/** The call or the config is wrong. */
export const WRONG_CALL = 2;
