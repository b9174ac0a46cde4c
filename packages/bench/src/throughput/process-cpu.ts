/** What another process has computed so far: Linux tells in /proc, in ticks of 10 ms. */
import { readFileSync } from 'node:fs';

/** Linux's USER_HZ, the same on every architecture Node runs on. */
const msPerTick = 10;

/** @returns user and system time of all its threads, ms; null where the system does not tell. */
export function cpuMsOf(pid: number): number | null {
  try {
    return cpuMsIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null; // not Linux, or it has ended
  }
}

/** @param stat a line of `/proc/<pid>/stat`; the name in parentheses may hold anything, so fields count from its end */
export function cpuMsIn(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]); // utime, stime: fields 14 and 15 of proc(5)
  return Number.isFinite(ticks) ? ticks * msPerTick : null;
}
