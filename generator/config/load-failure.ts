import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../finding.ts';

/**
 * Why a config or a job's file could not be evaluated, and where, as far as the error says. `file` is the file itself;
 * `out` is where generated code goes, whose absence has a cause of its own.
 */
export function loadFailure(error: unknown, file: string, root: string, out?: string): Finding {
  return { file, ...placeIn(error, root), ...explain(error, root, out) };
}

const OWN_FOLDER = fileURLToPath(new URL('..', import.meta.url));

/**
 * The first place in a file of the project that an error's stack names, or that stands before the message, where Node
 * shows what is wrong with the syntax. The message itself may say anything.
 */
function placeIn(error: unknown, root: string): Pick<Finding, 'file' | 'position'> {
  const { stack = '', message } = error instanceof Error ? error : { message: '' };
  const start = stack.indexOf(message);
  const [shown = ''] = stack.slice(0, start).split('\n');
  const frames = stack.slice(start + message.length).split('\n');
  const caret = /^( *)\^/m.exec(stack.slice(0, start))?.[1]?.length;
  for (const text of [shown, ...frames.map((frame) => /^ +at (?:.*\()?(.*?)\)?$/.exec(frame)?.[1] ?? '')]) {
    const place = /^(file:.*?|\/.*?|[a-zA-Z]:\\.*?)(?:\?.*?)?:(\d+)(?::(\d+))?$/.exec(text);
    if (place?.[1] === undefined) continue;
    const path = place[1].startsWith('file:') ? fileURLToPath(place[1]) : place[1];
    if (path.startsWith(OWN_FOLDER) || /[\\/]node_modules[\\/]/.test(path)) continue;
    const column = place[3] === undefined ? (caret ?? 0) + 1 : Number(place[3]);
    return { file: relative(root, path).replaceAll('\\', '/'), position: { line: Number(place[2]), column } };
  }
  return {};
}

function explain(error: unknown, root: string, out: string | undefined): Pick<Finding, 'reason' | 'hint'> {
  const message = error instanceof Error ? error.message : String(error);
  const [first = ''] = message.trim().split('\n');
  const what = first.replace(/ imported from .*$/, '').replaceAll(join(root, '/'), '');
  const reason = `it could not be loaded: ${what}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return {
        reason,
        hint: 'Node runs TypeScript by leaving out types: enums, namespaces and parameter properties do not work here',
      };
    case 'ERR_INVALID_TYPESCRIPT_SYNTAX':
      return { reason, hint: 'Mend the syntax' };
    case 'ERR_MODULE_NOT_FOUND':
    case 'MODULE_NOT_FOUND':
      if (out !== undefined && what.replaceAll('\\', '/').includes(`'${out.replace(/^\.\//, '').replace(/\/$/, '')}/`))
        return { reason, hint: 'Run `kgen generate`, which writes it' };
      return { reason, hint: 'Mend the import, or install the package it names' };
    default:
      if (/does not provide an export named/.test(what))
        return { reason, hint: 'Mend the import; or, where it is of generated code, run `kgen generate`' };
      return { reason, hint: 'Run the file with `node` to see the whole error' };
  }
}
