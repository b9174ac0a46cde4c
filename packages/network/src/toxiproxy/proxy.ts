/** One proxy of a Toxiproxy server: changed through the node client, read back raw. */
import type { Toxiproxy } from 'toxiproxy-node-client';

import { parseEndpoint, type Endpoint } from '../endpoint.ts';
import type { Proxy, ProxyState, Toxic } from '../proxy.ts';
import { ToxiproxyApiError, type RawProxy, type ToxiproxyApi } from './api.ts';

/**
 * Toxiproxy waits 5 s for each chunk that a toxic kept and cannot pass on, as when the server reset the connection under
 * a hold; there may be one in the toxic, one before it, and one being read.
 */
const removalMs = 20_000;

export function toxiproxyProxy(
  api: ToxiproxyApi,
  client: Toxiproxy,
  options: { readonly name: string; readonly listen: Endpoint; readonly onRemoved: () => void },
  created: RawProxy,
): Proxy {
  const { name } = options;

  async function read(): Promise<RawProxy> {
    const raw = await api.read(name);
    if (raw === undefined) {
      throw new ToxiproxyApiError(`show proxy ${name}`, api.url, 'there is no such proxy', {
        status: 404,
      });
    }
    return raw;
  }

  return {
    name,
    listen: options.listen,
    upstream: parseEndpoint(created.upstream),

    async addToxic(toxic) {
      await api.change(`add ${toxic.type} ${toxic.name} to ${name}`, async () => {
        const proxy = await client.get(name);
        await proxy.addToxic<Toxic['attributes']>({ ...toxic, toxicity: 1 });
      });
    },

    async removeToxic(toxicName) {
      const present = (await api.read(name))?.toxics.some((toxic) => toxic.name === toxicName);
      if (present !== true) return;
      await api.change(
        `remove toxic ${toxicName} from ${name}`,
        async () => {
          const proxy = await client.get(name);
          const toxic = await proxy.getToxic(toxicName);
          await toxic.remove();
        },
        removalMs,
      );
    },

    async setEnabled(enabled) {
      // The listen string goes back exactly as the server reports it: another spelling of the same
      // address restarts the proxy and drops its live connections.
      const { listen, upstream } = await read();
      await api.change(`set enabled=${enabled} on ${name}`, async () => {
        const proxy = await client.get(name);
        await proxy.update({ enabled, listen, upstream });
      });
    },

    async state() {
      return stateOf(await read());
    },

    async remove() {
      if ((await api.read(name)) !== undefined) {
        await api.change(`remove proxy ${name}`, async () => {
          const proxy = await client.get(name);
          await proxy.remove();
        });
      }
      options.onRemoved();
    },
  };
}

function stateOf(raw: RawProxy): ProxyState {
  return {
    enabled: raw.enabled,
    toxics: raw.toxics.map(
      ({ name, stream, type, attributes }) => ({ name, stream, type, attributes }) as Toxic, // what addToxic wrote was a Toxic
    ),
  };
}
