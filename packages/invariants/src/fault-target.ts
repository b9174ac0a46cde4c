/** What a fault's target covers: one link, every link of a role, or every link to a server. */

/** @param target a link id (`worker-1>redis`), a role (`worker-1`) or a server (`redis`). */
export function touches(target: string, link: string): boolean {
  const [from, to] = link.split('>');
  return target === link || target === from || target === to;
}

/** The roles whose work the fault can hurt: the client end of a link, or the role itself. */
export function roleOfTarget(target: string): string {
  return target.split('>')[0] ?? target;
}
