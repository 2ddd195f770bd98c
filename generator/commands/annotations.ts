import { relative, resolve } from 'node:path';
import type { Finding } from '../finding.ts';
import { plain } from './console.ts';

/** A workflow command that GitHub Actions shows beside the file's line: https://docs.github.com/actions, "Workflow commands". */
export function annotation({ file, position, path, reason, hint }: Finding, root: string): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${property(inRepository(file, root))}`]),
    ...(position === undefined ? [] : [`line=${position.line}`, `col=${position.column}`]),
    `title=${property(path === undefined || path === '' ? 'kgen' : `kgen: ${path}`)}`,
  ];
  return `::error ${properties.join(',')}::${message(`${reason}\n${hint}`)}`;
}

/** GitHub knows files by their path in the repository, which is checked out at the workspace. */
function inRepository(file: string, root: string): string {
  return relative(process.env['GITHUB_WORKSPACE'] ?? process.cwd(), resolve(root, file)).replaceAll('\\', '/');
}

function message(text: string): string {
  const lines = text.split('\n').map(plain).join('\n');
  return lines.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
