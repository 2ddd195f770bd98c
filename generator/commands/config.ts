import { type ConfigOptions, type ConfigResult, loadConfig } from '../config/load.ts';

/** The options by which commands name the config. */
export interface ConfigCall {
  readonly config?: string | undefined;
  readonly schemas?: readonly string[] | undefined;
  readonly out?: string | undefined;
  readonly long?: string | undefined;
}

export function configOf({ config, schemas, out, long }: ConfigCall, version?: number): Promise<ConfigResult> {
  const options: ConfigOptions = { cwd: process.cwd(), config, schemas, out, long, version };
  return loadConfig(options);
}
