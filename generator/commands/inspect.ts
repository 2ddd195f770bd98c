import type { Console } from './console.ts';
import { WRONG_CALL } from './exit.ts';

export interface InspectOptions {
  readonly file?: string | undefined;
  readonly schema?: string | undefined;
  readonly type?: string | undefined;
  readonly format: string;
  readonly hex?: string | undefined;
  readonly base64?: string | undefined;
  readonly json?: boolean | undefined;
}

export async function inspectCommand(_options: InspectOptions, _console: Console): Promise<number> {
  return WRONG_CALL;
}
