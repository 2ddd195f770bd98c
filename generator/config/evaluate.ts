import { isObject } from './shape.ts';

/** The default export; of a module a compiler turned into CommonJS, the one inside. */
export function defaultOf(module: unknown): unknown {
  const value = isObject(module) ? module['default'] : undefined;
  return isObject(value) && value['__esModule'] === true ? value['default'] : value;
}

/** Node 22 warns that it runs TypeScript. That is meant, and no user of kgen can act on it. The function that comes back ends it. */
export function silenceTypeStripping(): () => void {
  const original = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes('Type Stripping')) original.call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  return () => {
    process.emitWarning = original;
  };
}
