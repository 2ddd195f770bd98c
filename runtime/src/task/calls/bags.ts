/**
 * `ctx.state`, `ctx.tables` and `ctx.emit`: an object with one member for each state, table or output. Each call gets its
 * own, so that a reference kept beyond the call is known for what it is. The members are defined once for each job, on a
 * class; a call makes an object, and a handle of each member that it touches.
 */
export interface Bags {
  readonly state: (call: BagOwner) => object;
  readonly tables: (call: BagOwner) => object;
  readonly emit: (call: BagOwner) => object;
}

/** The call that bags are of: gives what their members stand for. */
export interface BagOwner {
  stateHandle(index: number): object;
  tableHandle(index: number): object;
  emitTo(index: number, first: unknown, second: unknown, third: unknown): void;
}

export function defineBags(names: {
  readonly state: readonly string[];
  readonly tables: readonly string[];
  readonly outputs: readonly string[];
}): Bags {
  const State = handleBag(names.state, (call, index) => call.stateHandle(index));
  const Tables = handleBag(names.tables, (call, index) => call.tableHandle(index));
  const Emit = emitBag(names.outputs);
  return {
    state: (call) => new State(call),
    tables: (call) => new Tables(call),
    emit: (call) => new Emit(call),
  };
}

type BagClass = new (call: BagOwner) => object;
type Emit = (first: unknown, second?: unknown, third?: unknown) => void;

/** Names come from configs: `defineProperty` takes any, `__proto__` too. */
function handleBag(names: readonly string[], make: (call: BagOwner, index: number) => object): BagClass {
  class HandleBag {
    readonly #call: BagOwner;
    readonly #handles: object[] = [];

    constructor(call: BagOwner) {
      this.#call = call;
    }

    static define(name: string, index: number): void {
      Object.defineProperty(HandleBag.prototype, name, {
        enumerable: true,
        get(this: HandleBag): object {
          let handle = this.#handles[index];
          if (handle === undefined) {
            handle = make(this.#call, index);
            this.#handles[index] = handle;
          }
          return handle;
        },
      });
    }
  }
  names.forEach((name, index) => {
    HandleBag.define(name, index);
  });
  return HandleBag;
}

function emitBag(names: readonly string[]): BagClass {
  class EmitBag {
    readonly #call: BagOwner;

    constructor(call: BagOwner) {
      this.#call = call;
    }

    /** Functions that know their call, so that they may be taken apart from the bag. Called at once, they are never made. */
    static define(name: string, index: number): void {
      Object.defineProperty(EmitBag.prototype, name, {
        enumerable: true,
        get(this: EmitBag): Emit {
          const call = this.#call;
          return (first, second, third) => call.emitTo(index, first, second, third);
        },
      });
    }
  }
  names.forEach((name, index) => {
    EmitBag.define(name, index);
  });
  return EmitBag;
}
