/**
 * What toxiproxy-node-client leaves out: deadlines, errors that help, and reading back a proxy with its
 * toxics (its Proxy class drops them, and its errors lose the server's text).
 */
import { z } from 'zod';

import type { ToxicStream } from '../proxy.ts';

const proxySchema = z.object({
  name: z.string(),
  listen: z.string(),
  upstream: z.string(),
  enabled: z.boolean(),
  toxics: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      stream: z.enum(['upstream', 'downstream'] satisfies ToxicStream[]),
      toxicity: z.number(),
      attributes: z.record(z.string(), z.number()),
    }),
  ),
});
/** A proxy as the server itself describes it. */
export type RawProxy = z.infer<typeof proxySchema>;

/** A Toxiproxy API call that failed: definite when the server answered, indefinite when nobody did. */
export class ToxiproxyApiError extends Error {
  override readonly name = 'ToxiproxyApiError';
  /** HTTP status, or undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(
    doing: string,
    apiUrl: string,
    why: string,
    options: ErrorOptions & { status?: number },
  ) {
    const next =
      options.status === undefined
        ? 'Is a Toxiproxy server running there? `fm doctor` tells.'
        : 'The server answered, so nothing was changed.';
    super(`Toxiproxy at ${apiUrl} did not ${doing}: ${why}. ${next}`, options);
    this.status = options.status;
  }
}

/** Every call to one server, each with a deadline. */
export interface ToxiproxyApi {
  readonly url: string;
  version(): Promise<string>;
  /** The proxy with its toxics, or undefined when there is none of that name. */
  read(name: string): Promise<RawProxy | undefined>;
  readAll(): Promise<readonly RawProxy[]>;
  /** Runs a call of the node client under a deadline, this server's or one of its own. @param doing fills "did not …". */
  change<T>(doing: string, call: () => Promise<T>, ownDeadlineMs?: number): Promise<T>;
}

/** @param options.deadlineMs of each call; default 5 s. */
export function toxiproxyApi(
  apiUrl: string,
  { deadlineMs = 5000 }: { readonly deadlineMs?: number } = {},
): ToxiproxyApi {
  const url = apiUrl.replace(/\/+$/, '');

  async function get(doing: string, path: string): Promise<unknown> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(deadlineMs) });
      text = await response.text();
    } catch (cause) {
      throw new ToxiproxyApiError(doing, url, reason(cause, deadlineMs), { cause });
    }
    if (response.status === 404) return undefined;
    if (!response.ok) {
      throw new ToxiproxyApiError(doing, url, text.trim(), { status: response.status });
    }
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ToxiproxyApiError(doing, url, `it answered ${text.slice(0, 80)}`, { cause });
    }
  }

  return {
    url,
    async version() {
      const doing = 'tell its version';
      const answer = await get(doing, '/version');
      const parsed = z.object({ version: z.string() }).safeParse(answer);
      if (parsed.success) return parsed.data.version;
      throw new ToxiproxyApiError(doing, url, `it answered ${JSON.stringify(answer)}`, {});
    },
    async read(name) {
      const raw = await get(`show proxy ${name}`, `/proxies/${encodeURIComponent(name)}`);
      return raw === undefined ? undefined : proxySchema.parse(raw);
    },
    async readAll() {
      const raw = await get('list its proxies', '/proxies');
      return Object.values(z.record(z.string(), proxySchema).parse(raw));
    },
    async change(doing, call, ownDeadlineMs = deadlineMs) {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => reject(new ToxiproxyApiError(doing, url, `no answer in ${ownDeadlineMs} ms`, {})),
        ownDeadlineMs,
      );
      try {
        return await Promise.race([call(), late]);
      } catch (cause) {
        if (cause instanceof ToxiproxyApiError) throw cause;
        const status = /status code (\d+)/.exec(String(cause))?.[1];
        throw new ToxiproxyApiError(doing, url, reason(cause, deadlineMs), {
          cause,
          ...(status !== undefined && { status: Number(status) }),
        });
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function reason(cause: unknown, deadlineMs: number): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'TimeoutError') return `no answer in ${deadlineMs} ms`;
  return cause.cause instanceof Error ? `${cause.message} (${cause.cause.message})` : cause.message;
}
