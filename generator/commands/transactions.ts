import type { Finding } from '../finding.ts';
import {
  type JobScope,
  type JobTransaction,
  jobTransactions,
  type KafkaLog,
  liveInstances,
  ownerOf,
} from '../run/job-transactions.ts';
import { prepareTransactions, type TransactionsFlags } from '../run/prepare-transactions.ts';
import { confirm } from './confirm.ts';
import { type Console, count, plain, plainJson } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { isDecided, isForgotten, isLingering, printTransactions } from './transactions-text.ts';

export interface TransactionsCall extends TransactionsFlags {
  /** `list`, the default, or `abort`; the job; to abort, perhaps transactional ids. */
  readonly words: readonly string[];
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** `kgen transactions`: what a job has open in Kafka, and what holds its readers back; and the end of what lingers. */
export async function transactionsCommand(call: TransactionsCall, console: Console): Promise<number> {
  const { action, job, ids } = readWords(call.words);
  const prepared = await prepareTransactions(job, call);
  const refuse = (code: number, findings: readonly Finding[]): number => {
    // Who reads the document is not to take them for one.
    printFindings(findings, prepared.root, call.json === true ? { ...console, print: console.note } : console);
    return code;
  };
  if ('findings' in prepared) return refuse(WRONG_CALL, prepared.findings);
  if (action === 'list' && ids.length > 0) {
    return refuse(WRONG_CALL, [{ path: 'list', reason: 'it takes a job alone', hint: 'Leave the ids out' }]);
  }
  if (action === 'abort' && call.json === true) {
    const hint = 'List them first: `kgen transactions list --json`';
    return refuse(WRONG_CALL, [{ path: '--json', reason: 'what is aborted is told as text alone', hint }]);
  }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (action === 'abort' && call.dryRun !== true && call.yes !== true && !isTerminal) {
    const reason = 'it asks before it aborts, and there is no terminal';
    return refuse(WRONG_CALL, [{ path: 'abort', reason, hint: 'Look at what `--dry-run` says, then use `--yes`' }]);
  }
  const { log, isLogError, scope } = prepared;
  try {
    await log.connect();
    const all = await jobTransactions(log, scope);
    return action === 'list'
      ? list(all, { ...scope, tools: log.tools ?? '' }, call, console)
      : await abort(log, { ids, all, scope }, call, console, refuse);
  } catch (error) {
    if (!isLogError(error)) throw error;
    const hint = 'Check --brokers or KAFKA_BROKERS, credentials, and that the user may Describe transactional ids';
    return refuse(FINDINGS, [{ path: 'kafka', reason: error.message, hint }]);
  } finally {
    await log.close();
  }
}

function readWords(words: readonly string[]): {
  readonly action: 'list' | 'abort';
  readonly job: string | undefined;
  readonly ids: readonly string[];
} {
  const [first, ...rest] = words;
  if (first === 'list' || first === 'abort') {
    const [job, ...ids] = rest;
    return { action: first, job, ids };
  }
  return { action: 'list', job: first, ids: rest };
}

function list(
  all: readonly JobTransaction[],
  { group, tools }: JobScope & { readonly tools: string },
  { json }: TransactionsCall,
  console: Console,
): number {
  const lingering = all.filter(isLingering);
  const code = lingering.length === 0 ? FINE : FINDINGS;
  if (json === true) {
    console.print(plainJson(JSON.stringify({ group, transactions: all }, undefined, 2)));
    return code;
  }
  if (all.length === 0) {
    console.print(`Group ${group} has no transactional ids, and nothing holds its readers back.`);
    return code;
  }
  const rows = all.filter((one) => !isForgotten(one));
  const forgotten = count(all.length - rows.length, 'id');
  if (rows.length === 0) {
    console.print(
      `Group ${group} has nothing open, and nothing holds its readers back; ${forgotten} of instances that are gone.`,
    );
    return code;
  }
  printTransactions(rows, Date.now(), console);
  if (rows.length < all.length)
    console.print(console.colors.dim(`and ${forgotten} of instances that are gone, with nothing open`));
  const abortable = lingering.filter(({ transactionalId }) => transactionalId !== undefined);
  if (abortable.length > 0) {
    console.note(
      `\n${count(abortable.length, 'transaction')} of instances that are gone: the next start of the job ends what they left open, ` +
        'or `kgen transactions abort`.',
    );
  }
  for (const { producerId, holdsBack } of lingering.filter(({ transactionalId }) => transactionalId === undefined)) {
    for (const { topic, partition, offset } of holdsBack) {
      const where = `--topic ${topic} --partition ${partition} --start-offset ${offset}`;
      const command = `kafka-transactions.sh ${tools} abort ${where}`;
      console.note(
        plain(
          `\nThis user may not see what producer ${producerId} has open, or no coordinator knows it; then this ends it: ${command}`,
        ),
      );
    }
  }
  return code;
}

interface Wanted {
  /** None: all that linger. */
  readonly ids: readonly string[];
  readonly all: readonly JobTransaction[];
  readonly scope: JobScope;
}

async function abort(
  log: KafkaLog,
  { ids, all, scope }: Wanted,
  { dryRun, yes }: TransactionsCall,
  console: Console,
  refuse: (code: number, findings: readonly Finding[]) => number,
): Promise<number> {
  const named = await describeNamed(log, ids, all);
  const problems = ids.flatMap((id) => problemOf(id, named, scope));
  if (problems.length > 0) return refuse(FINDINGS, problems);
  const chosen = ids.length === 0 ? all.filter((one) => isLingering(one) && one.transactionalId !== undefined) : named;
  if (chosen.length === 0) {
    console.print(`Nothing to abort: no instance that is gone has left a transaction of group ${scope.group} open.`);
    return FINE;
  }
  printTransactions(chosen, Date.now(), console);
  for (const { transactionalId, owner } of chosen) {
    if (owner === 'other')
      console.note(plain(`\n${transactionalId} is not of this job: its program, if it runs, is fenced, and fails.`));
  }
  if (dryRun === true) {
    console.note(`\n${count(chosen.length, 'transaction')} would be aborted; nothing was, since this is a dry run.`);
    return FINE;
  }
  if (yes !== true && !(await confirm({ verb: 'Abort', count: chosen.length, noun: 'transaction' }))) {
    console.note('Nothing was aborted.');
    return FINE;
  }
  for (const { transactionalId = '', owner } of chosen) {
    // It may have come back since it was looked for.
    const isBack =
      owner !== 'other' && ownerOf(transactionalId, scope.group, await liveInstances(log, scope.group)) === 'live';
    if (isBack) {
      console.print(plain(`left ${transactionalId}: its instance is back`));
      continue;
    }
    // InitProducerId ends what is open, and fences who comes too late.
    (await log.producer(transactionalId)).close();
    console.print(plain(`aborted ${transactionalId}`));
  }
  return FINE;
}

/** Those of others may hold back something else than the inputs. */
async function describeNamed(
  log: KafkaLog,
  ids: readonly string[],
  all: readonly JobTransaction[],
): Promise<readonly JobTransaction[]> {
  const known = all.filter(({ transactionalId }) => transactionalId !== undefined && ids.includes(transactionalId));
  const missing = ids.filter((id) => !known.some(({ transactionalId }) => transactionalId === id));
  const found = missing.length === 0 ? [] : await log.transactions({ ids: missing });
  return [...known, ...found.map((one): JobTransaction => ({ ...one, owner: 'other', holdsBack: [] }))];
}

function problemOf(id: string, named: readonly JobTransaction[], { group }: JobScope): readonly Finding[] {
  const one = named.find(({ transactionalId }) => transactionalId === id);
  const refused = (reason: string, hint: string): readonly Finding[] => [{ path: id, reason, hint }];
  if (one === undefined)
    return refused('there is no such transactional id', 'See `kgen transactions list` for those there are');
  if (one.owner === 'live') {
    const hint = 'Stop the instance: it ends its transaction itself';
    return refused(`its instance is a live member of group ${group}, and would be fenced`, hint);
  }
  if (isDecided(one)) return refused('it is decided already, and ends by itself', 'Look again in a while');
  if (one.open === undefined) return refused('it has no transaction open', 'There is nothing to abort');
  return [];
}
