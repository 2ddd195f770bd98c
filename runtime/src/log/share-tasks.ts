/**
 * Spreads tasks 0 to `tasks` - 1 evenly over members, each keeping what it has where that is fair.
 * `held` are the tasks of each member; the answer is in the same order.
 */
export function shareTasks(held: readonly (readonly number[])[], tasks: number): number[][] {
  if (held.length === 0) return [];
  const fair = Math.floor(tasks / held.length);
  let larger = tasks % held.length;
  const free = new Set(Array.from({ length: tasks }, (_, task) => task));
  const shares = held.map((own) => {
    const keeps = own.filter((task) => free.has(task));
    const size = keeps.length > fair && larger > 0 ? fair + 1 : fair;
    if (size > fair && keeps.length >= size) larger--;
    const share = keeps.slice(0, size);
    for (const task of share) free.delete(task);
    return share;
  });
  for (const share of shares) {
    let size = fair;
    if (share.length <= fair && larger > 0) {
      size++;
      larger--;
    }
    for (const task of free) {
      if (share.length >= size) break;
      free.delete(task);
      share.push(task);
    }
    share.sort((a, b) => a - b);
  }
  return shares;
}
