import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

export type Runtime = typeof import('@kgen/runtime') &
  typeof import('@kgen/runtime/kafka') &
  Pick<typeof import('@kgen/runtime/registry'), 'schemaRegistry'> &
  typeof import('@kgen/runtime/savepoints') &
  typeof import('@kgen/runtime/threads');

/**
 * The runtime that a job file imports, which is the one its code was generated for and finds the project's optional packages;
 * kgen's own where the project has none.
 */
export async function runtimeOf(jobFile: string): Promise<Runtime> {
  const parentURL = pathToFileURL(jobFile).href;
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      if (context.parentURL !== import.meta.url) return nextResolve(specifier, context);
      try {
        return nextResolve(specifier, { ...context, parentURL });
      } catch {
        // Node merges what was given before into the context of the next call.
        return nextResolve(specifier, { ...context, parentURL: import.meta.url });
      }
    },
  });
  try {
    const [main, kafka, { schemaRegistry }, savepoints, threads] = await Promise.all([
      import('@kgen/runtime'),
      import('@kgen/runtime/kafka'),
      import('@kgen/runtime/registry'),
      import('@kgen/runtime/savepoints'),
      import('@kgen/runtime/threads'),
    ]);
    return { ...main, ...kafka, schemaRegistry, ...savepoints, ...threads };
  } finally {
    hooks.deregister();
  }
}
