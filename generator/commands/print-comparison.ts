import type { CompatibilityBreak } from '../schema/compatibility.ts';
import type { Comparison } from './comparison.ts';
import { type Console, plain, printChanges } from './console.ts';

/** For people: what changes in types, which levels hold, and what breaks the others. */
export function printComparison(comparison: Comparison, console: Console): void {
  const { subject, from, to, changes, levels, level, forbidden } = comparison;
  const { colors, print } = console;
  const sides = `${plain(from.name)} -> ${plain(to.name)}`;
  print(subject === undefined ? colors.bold(sides) : `${colors.bold(plain(subject))}  ${sides}`);
  if (changes.length === 0) print(colors.dim('= no type changes'));
  printChanges(changes, console);
  const named = (holds: boolean): string => {
    const chosen = levels.filter((each) => each.holds === holds).map((each) => each.level);
    return chosen.length === 0 ? 'none' : chosen.join(', ');
  };
  print(`  ${colors.green('holds')}  ${named(true)}`);
  print(`  ${colors.red('fails')}  ${named(false)}`);
  for (const group of grouped(levels.find((each) => each.level === 'FULL_TRANSITIVE')?.breaks ?? [])) {
    printBreaks(group, { from: from.name, to: to.name }, console);
  }
  if (level === undefined) return;
  if (forbidden) print(colors.red(`  The subject's level ${plain(level)} forbids it.`));
  else print(colors.dim(`  The subject's level ${plain(level)} allows it.`));
}

interface Group {
  readonly versions: readonly (number | undefined)[];
  readonly breaks: readonly CompatibilityBreak[];
}

/** By direction and version, the newest first; versions with which the same breaks are one group. */
function grouped(breaks: readonly CompatibilityBreak[]): readonly Group[] {
  const each = Map.groupBy(breaks, ({ direction, version }) => `${direction} ${version}`);
  const alike = Map.groupBy(each.values(), (group) => JSON.stringify(group.map((one) => ({ ...one, version: 0 }))));
  const groups = [...alike.values()].flatMap((same): readonly Group[] => {
    const [first] = same;
    return first === undefined ? [] : [{ versions: same.map(([one]) => one?.version), breaks: first }];
  });
  return groups.sort((a, b) => (b.versions.at(-1) ?? 0) - (a.versions.at(-1) ?? 0));
}

function printBreaks(
  { versions, breaks }: Group,
  { from, to }: { readonly from: string; readonly to: string },
  { colors, print }: Console,
): void {
  const backward = breaks[0]?.direction === 'backward';
  const numbers = versions.filter((version) => version !== undefined);
  const version = numbers.length === 0 ? plain(from) : `version ${numbers.join(' and ')}`;
  const what = backward
    ? `${plain(to)} cannot read all data of ${version}`
    : `${version} cannot read all data of ${plain(to)}`;
  print(`  ${colors.yellow(backward ? 'not backward' : 'not forward')}: ${what}`);
  breaks.forEach(({ path, reason, hint }, i) => {
    print(`    ${path === '' ? '' : `${colors.bold(plain(path))}: `}${plain(reason)}`);
    if (breaks[i + 1]?.hint !== hint) print(colors.cyan(`    → ${plain(hint)}`));
  });
}
