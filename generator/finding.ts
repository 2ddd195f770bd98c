/** Something wrong that a person has to mend. Commands collect findings and report all of them. */
export interface Finding {
  /** Relative to the config's folder, with `/`. Undefined where no file is to blame. */
  readonly file?: string | undefined;
  /** Where in the file, both from 1. */
  readonly position?: { readonly line: number; readonly column: number } | undefined;
  /** Where in the schema or config: `us.bts.Flight.delay`, `jobs.airport-delays.inputs.flights`. */
  readonly path?: string | undefined;
  /** What is wrong; no full stop. */
  readonly reason: string;
  /** What to do about it; no full stop. */
  readonly hint: string;
}

/** Each once: two readers of one schema may come upon the same mistake, and all jobs share a template. */
export function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
