import type { JobLog } from '../../ops/job-log.ts';
import type { Task } from '../task.ts';

/** Says where a job begins, or that it goes on: in one line, when tasks are opened for the first time. */
export class StartNotice {
  readonly #jobLog: JobLog;
  #isSaid = false;

  constructor(jobLog: JobLog) {
    this.#jobLog = jobLog;
  }

  opened(tasks: readonly Task[]): void {
    const resumed: number[] = [];
    for (const task of tasks) {
      const positions = Object.fromEntries(task.lanes.map(({ topic, position }) => [topic, position]));
      const isResumed = task.checkpoint >= 0;
      task.log.debug({ checkpoint: task.checkpoint, positions }, isResumed ? 'task resumed' : 'task starts');
      if (isResumed) resumed.push(task.number);
    }
    if (this.#isSaid || resumed.length === 0) return;
    this.#isSaid = true;
    const isTold = tasks.some(({ lanes }) => lanes.some(({ input }) => input.start.isTold));
    const instead = isTold ? ', and not from where startFrom says' : '';
    this.#jobLog.info({ tasks: resumed }, `the job goes on from its last checkpoint${instead}`);
  }
}
