/** Where something listens, and where a server is. */

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where a server is, as seen from the Toxiproxy (or stand-in) that dials it. */
export interface ServerTarget extends Endpoint {
  /** When given, the tap speaks TLS to the server, through the proxy, and plain TCP to the client. */
  readonly tls?: {
    /** Name to ask for and to verify; the target's host when absent and not an address. */
    readonly servername?: string;
    /** PEM of the authority to trust instead of the system's. */
    readonly ca?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatEndpoint(endpoint: Endpoint): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

/** Reads `host:port` and `[host]:port`. @throws when there is no port. */
export function parseEndpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port)) throw new Error(`not host:port: ${text}`);
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port };
}
