import type { Codec } from '../codec/codec.ts';
import type { KeyedState } from '../state/keyed-state.ts';
import type { JobDeclaration } from '../task/declaration.ts';
import { timerSetting } from '../task/timers/timer-codec.ts';

/** A state of a job as a savepoint has it; timers are one, with an empty name. */
export interface SavedState {
  readonly kind: KeyedState['kind'];
  readonly name: string;
  readonly value: Codec<unknown>;
  /** Of a map: the type of its keys. */
  readonly member?: Codec<unknown> | undefined;
}

/** All that a job keeps by key. */
export function savedStates({ state, timers = [] }: JobDeclaration): readonly SavedState[] {
  const states = Object.entries(state).map(([name, declared]): SavedState => {
    const { kind, value } = declared;
    return { kind, name, value, member: declared.kind === 'map' ? declared.key : undefined };
  });
  return timers.length === 0 ? states : [...states, { kind: 'timer', name: '', value: timerSetting as Codec<unknown> }];
}
