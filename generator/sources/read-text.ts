import { readFile, realpath, stat } from 'node:fs/promises';

/** No schema file comes near it; a larger one is something else. */
const MAX_BYTES = 32 * 1024 * 1024;

export type FileText =
  | {
      readonly text: string;
      /** The same for each of a file's names. */
      readonly identity: string;
    }
  | { readonly reason: string; readonly hint: string };

/** The text of a regular file, in UTF-8, without a byte order mark. */
export async function readText(path: string): Promise<FileText> {
  try {
    const found = await stat(path);
    // A pipe or a device would never end.
    if (!found.isFile()) return { reason: 'This is not a file', hint: 'Name a file' };
    if (found.size > MAX_BYTES) {
      return {
        reason: `The file has ${found.size} bytes, more than ${MAX_BYTES}`,
        hint: 'Split it, if it is a schema',
      };
    }
    const [identity, bytes] = await Promise.all([realpath(path), readFile(path)]);
    return { identity, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): FileText {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { reason: 'There is no such file', hint: 'Correct the name, or add the file' };
    case 'EACCES':
    case 'EPERM':
      return { reason: 'The file may not be read', hint: 'Allow this user to read it' };
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return { reason: 'The file is not UTF-8', hint: 'Save it as UTF-8' };
    default:
      return {
        reason: `The file cannot be read (${typeof code === 'string' ? code : String(error)})`,
        hint: 'Check it',
      };
  }
}
