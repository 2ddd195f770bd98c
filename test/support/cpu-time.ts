/** Milliseconds of a processor that this thread has had: how long something takes, whoever else is busy on the machine. */
export function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
