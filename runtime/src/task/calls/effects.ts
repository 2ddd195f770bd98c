import { UndoLog } from '../../state/undo.ts';
import { type Append, Stage } from './stage.ts';

/** What a handler call does: its outputs, and what it overwrote in state. It applies whole or not at all (I17). */
export class Effects {
  readonly stage: Stage = new Stage();
  readonly undo: UndoLog = new UndoLog();

  apply(append: Append): Promise<void> | undefined {
    // Outputs may be refused: what was overwritten is still to be had then.
    const pressure = this.stage.count === 0 ? undefined : this.stage.apply(append);
    this.undo.apply();
    return pressure;
  }

  revert(): void {
    this.undo.revert();
    this.stage.clear();
  }
}
