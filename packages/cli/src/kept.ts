/** What `--keep` left in place, and where to look at it. Pure. */
import type { RegistryEntry, RuntimeKind } from '@lab/brokers';

/** Lines without an end; none when nothing was made. */
export function keptLines(entries: readonly RegistryEntry[], runtime: RuntimeKind): string[] {
  // The lab's own brokers have a password made for this session, and nobody could look without it.
  const shown = (url: string): string => (runtime === 'attached' ? withoutPassword(url) : url);
  const vhosts = entries.filter((entry) => entry.kind === 'vhost');
  const spaces = entries.filter((entry) => entry.kind === 'keys');
  const lines = [
    ...vhosts.map(({ name, managementUrl }) => `vhost ${name} on ${shown(managementUrl)}`),
    ...spaces.map(({ prefix, url }) => `keys  *${prefix}* on ${shown(url)}`),
  ];
  if (lines.length === 0) return [];
  return [
    ...lines.map((line, index) => `${index === 0 ? 'kept ' : '     '} ${line}`),
    'clear pnpm fm down',
  ];
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  url.password = '';
  return url.href;
}
