import type { Finding } from '../finding.ts';
import { isErrno } from '../output/errno.ts';

/**
 * A full disk or a folder without permission is no defect of kgen: it is said as a finding. Messages of the file system hold
 * absolute paths, which are left out. Throws what is no failure of the file system.
 */
export function writeFailure(error: unknown, file: string): Finding {
  if (!(error instanceof Error) || !('syscall' in error)) throw error;
  const readOnly = isErrno(error, 'EACCES') || isErrno(error, 'EPERM') || isErrno(error, 'EROFS');
  return {
    file,
    reason: `it could not be written (${error.message.replace(/, \w+ '[\s\S]*$/, '')}); all files are as they were`,
    hint: readOnly ? 'Give yourself the right to write there' : 'Mend the cause and run it again',
  };
}
