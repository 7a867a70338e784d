import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Linux tells CPU time in ticks of 10 ms, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
const PARENT = 1;
const OWN = [11, 12];
const ENDED_CHILDREN = [13, 14];

/**
 * CPU seconds that a process and its children have used so far. They tell more than the clock on
 * a machine that does other work as well. NaN where there is no /proc.
 */
export function cpuSeconds(pid) {
  const own = readStat(pid);
  if (own === null) return Number.NaN;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((stat) => stat !== null && stat[PARENT] === String(pid));
  const ticks = (stat, fields) => fields.reduce((sum, field) => sum + Number(stat[field]), 0);
  const total = [own, ...children].reduce((sum, stat) => sum + ticks(stat, OWN), 0);
  return (total + ticks(own, ENDED_CHILDREN)) / TICKS_PER_SECOND;
}

/** CPU seconds of those children of a process that have ended. NaN where there is no /proc. */
export function endedChildrenCpuSeconds(pid) {
  const stat = readStat(pid);
  if (stat === null) return Number.NaN;
  return ENDED_CHILDREN.reduce((sum, field) => sum + Number(stat[field]), 0) / TICKS_PER_SECOND;
}

/** CPU seconds that the whole machine was busy so far. NaN where there is no /proc. */
export function machineCpuSeconds() {
  if (!existsSync('/proc/stat')) return Number.NaN;
  const [user, nice, system, , , interrupt, softInterrupt] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupt + softInterrupt) / TICKS_PER_SECOND;
}

/** The parent of a process; null where there is no /proc. */
export function parentOf(pid) {
  const stat = readStat(pid);
  return stat === null ? null : Number(stat[PARENT]);
}

/** The fields after the name in parentheses, which may hold anything. */
function readStat(pid) {
  const file = `/proc/${pid}/stat`;
  try {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return text === '' ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null; // it ended in between
  }
}
