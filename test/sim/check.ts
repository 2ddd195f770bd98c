import type { MemoryLog } from '@kgen/runtime/memory';
import { type Input, inputs, type Known, learn, nothingKnown, type Output, outputs, pass } from './job.ts';

export type ViolationName =
  /** An input has no output. */
  | 'lost'
  /** An input has two. */
  | 'doubled'
  /** Outputs of a key come in another order than its inputs. */
  | 'disordered'
  /** An output shows state that cannot be. */
  | 'wrong-state'
  /** The job does not get on although nothing is wrong any more. */
  | 'stuck'
  /** The job ended with an error that nothing accounts for. */
  | 'failed'
  /** A member of the group, alive and well, was fenced. */
  | 'fenced-alive';

export interface Violation {
  readonly name: ViolationName;
  readonly what: string;
}

/** Compares what came out, as a reader of committed records sees it, with what one handler after the other would have made. */
export function check(log: MemoryLog, stateless: boolean): Violation | undefined {
  const expected = new Map<string, Output[]>();
  const known = new Map<string, Known>();
  for (const record of log.records('in')) {
    const input = inputs.deserialize(record).value as Input;
    const own = known.get(input.key) ?? nothingKnown();
    known.set(input.key, own);
    expected.set(input.key, [...(expected.get(input.key) ?? []), stateless ? pass(input) : learn(own, input)]);
  }
  const found = new Map<string, Output[]>();
  for (const record of log.records('out')) {
    const { key, value } = outputs.deserialize(record);
    found.set(String(key), [...(found.get(String(key)) ?? []), value as Output]);
  }
  for (const [key, wanted] of expected) {
    const violation = compare(key, wanted, found.get(key) ?? []);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

function compare(key: string, wanted: readonly Output[], found: readonly Output[]): Violation | undefined {
  const ids = new Set<number>();
  for (const { id } of found) {
    if (ids.has(id)) return { name: 'doubled', what: `key ${key}: input ${id} has two outputs` };
    ids.add(id);
  }
  for (const { id } of wanted) if (!ids.has(id)) return { name: 'lost', what: `key ${key}: input ${id} has no output` };
  for (const [i, output] of wanted.entries()) {
    const other = found[i];
    if (other === undefined || other.id !== output.id) {
      return {
        name: 'disordered',
        what: `key ${key}: ${found.map(({ id }) => id)} instead of ${wanted.map(({ id }) => id)}`,
      };
    }
    const [is, should] = [JSON.stringify(other), JSON.stringify(output)];
    if (is !== should) return { name: 'wrong-state', what: `key ${key}: ${is} instead of ${should}` };
  }
  return undefined;
}
