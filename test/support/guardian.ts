// Runs a command for as long as a process lives, and removes the folder when that process is gone:
//   node guardian.ts OWNER_PID FOLDER PID_FILE COMMAND...
// A test run that crashes, or is killed, so leaves neither a broker nor its data. SIGTERM ends both command and guardian.
import { spawn } from 'node:child_process';
import { openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [owner = '', folder = '', pidFile = '', command = '', ...args] = process.argv.slice(2);
const log = openSync(join(folder, 'server.log'), 'a');
const child = spawn(command, args, { stdio: ['ignore', log, log] });
writeFileSync(`${pidFile}.new`, String(child.pid ?? 0));
renameSync(`${pidFile}.new`, pidFile);
let over = false;
let last: (() => void) | undefined;
for (const end of ['error', 'exit'] as const)
  child.on(end, () => {
    over = true;
    rmSync(pidFile, { force: true });
    last?.();
  });

setInterval(() => {
  if (lives(Number(owner))) return;
  finish(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
}, 300);
process.on('SIGTERM', () => finish(() => undefined));

function finish(clean: () => void): void {
  last = () => {
    clean();
    process.exit();
  };
  if (over) last();
  else child.kill('SIGKILL');
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
