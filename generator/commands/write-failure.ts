import type { Finding } from '../finding.ts';
import { isConflict } from '../output/conflict.ts';
import { isErrno } from '../output/errno.ts';

/**
 * A full disk or a folder without permission is no defect of kgen: it is said as a finding. Messages of the file system hold
 * absolute paths, which are left out. Throws what is no failure of the file system.
 */
export function writeFailure(error: unknown, file: string): Finding {
  if (isConflict(error)) {
    return {
      file,
      reason: `${error.message}; ${stateText(error)}`,
      hint: 'Run it again when nothing else writes there',
    };
  }
  if (!(error instanceof Error) || !('syscall' in error)) throw error;
  const readOnly = isErrno(error, 'EACCES') || isErrno(error, 'EPERM') || isErrno(error, 'EROFS');
  return {
    file,
    reason: `it could not be written (${error.message.replace(/, \w+ '[\s\S]*$/, '')}); ${stateText(error)}`,
    hint: readOnly ? 'Give yourself the right to write there' : 'Mend the cause and run it again',
  };
}

function stateText(error: object): string {
  const left = 'left' in error && Array.isArray(error.left) ? error.left : [];
  return left.length === 0 ? 'all files are as they were' : `these could not be put back: ${left.join(', ')}`;
}
