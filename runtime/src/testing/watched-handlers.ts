import type { JobDeclaration } from '../task/declaration.ts';
import type { JobError } from '../task/job-error.ts';
import { WatchedCall } from './watched-call.ts';

type Handler = (...args: readonly unknown[]) => unknown;

export interface HandlersWatch {
  readonly declaration: JobDeclaration;
  /** Calls that have not settled, by their handlers' names: one entry each. */
  readonly calls: Set<{ readonly handler: string }>;
  readonly late: (error: JobError) => void;
}

/** The handlers of a job, those of its timers included, each call of which is watched. A synchronous handler stays one. */
export function watchHandlers(handlers: object, watch: HandlersWatch, group = ''): object {
  // Not of the handlers themselves: a frozen object's members could not be other than they are.
  return new Proxy({} as object, {
    has: (_, member) => Reflect.has(handlers, member),
    get(_, member) {
      const handler: unknown = Reflect.get(handlers, member, handlers);
      if (typeof member !== 'string') return handler;
      const name = group + member;
      if (name === 'onTimer' && typeof handler === 'object' && handler !== null) {
        return watchHandlers(handler, watch, 'onTimer.');
      }
      if (typeof handler !== 'function') return handler;
      return (...args: readonly unknown[]) => watchedCall(handler as Handler, { target: handlers, name, args }, watch);
    },
  });
}

function watchedCall(
  handler: Handler,
  { target, name, args }: { readonly target: object; readonly name: string; readonly args: readonly unknown[] },
  { declaration, calls, late }: HandlersWatch,
): unknown {
  // The context is the last of its parameters; a hook's has nothing to watch.
  const context = args.at(-1);
  const call = isContext(context) ? new WatchedCall(context, { declaration, late }) : undefined;
  const given = call === undefined ? args : [...args.slice(0, -1), call.context];
  const entry = { handler: name };
  calls.add(entry);
  let settles = false;
  try {
    const result: unknown = Reflect.apply(handler, target, given);
    if (!isThenable(result)) {
      call?.finish();
      return result;
    }
    settles = true;
    return settled(result, call).finally(() => calls.delete(entry));
  } finally {
    if (!settles) calls.delete(entry);
  }
}

async function settled(result: PromiseLike<unknown>, call: WatchedCall | undefined): Promise<void> {
  await result;
  call?.finish();
}

function isContext(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'emit' in value;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
