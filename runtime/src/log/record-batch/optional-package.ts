import { LogError } from '../port.ts';

/**
 * Loads a package that users install only if they need it. It is named at run time, so that no bundler insists on having it,
 * or tries to take in its native code.
 * @throws LogError, `fatal`, that says what to install; or what the package throws while it loads
 */
export async function importOptional<T>(name: string, purpose: string): Promise<T> {
  try {
    const loaded = (await import(name)) as { readonly default?: T } & T;
    return loaded.default ?? loaded;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new LogError('fatal', `${purpose} takes the package ${name}: npm install ${name}`, { cause: error });
  }
}

/** The package is not there, rather than broken. */
function isMissing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND';
}
