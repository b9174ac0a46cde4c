/**
 * Closes every connection of a link and refuses new ones until healed. Behind a tap, a refused client
 * sees its connection open and end with RST at once.
 */
import type { Fault } from '@lab/contract';

import type { Link } from '../network.ts';

export function cut(link: Link): Fault {
  const enabled = async (): Promise<boolean> => (await link.proxy.state()).enabled;
  return {
    verb: 'cut',
    target: link.id,
    label: `cut ${link.id}`,
    async inject() {
      await link.proxy.setEnabled(false);
      if (await enabled()) {
        throw new Error(`${link.proxy.name} was disabled but reads back as enabled`);
      }
      link.serverSideClosed();
      return 'enabled=false';
    },
    heal: () => link.proxy.setEnabled(true),
    isHealed: enabled,
  };
}
