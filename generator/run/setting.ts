/** Says what is wrong with a setting; `file` is the config, where it stands there. */
export type ReportSetting = (path: string, reason: string, hint: string, file?: string) => void;

/** Empty counts as not set, as compose files and charts leave it. */
export function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
