/** One request over HTTP and its whole answer, bounded: what the management API and the container engine are asked with. */
import type http from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  /** The JSON of the answer; null when it is empty or something else, e.g. an error page or the `OK` of a ping. */
  readonly body: unknown;
}

/**
 * @param client `node:http` or `node:https`.
 * @param content body of the request, already text.
 * @param unanswered says who did not answer what within `options.timeout` ms.
 * @throws Error with that text at the limit; the socket's error when there is no connection.
 */
export function exchange(
  client: Pick<typeof http, 'request'>,
  options: http.RequestOptions & { readonly timeout: number },
  content: string | undefined,
  unanswered: string,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = client.request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: parse(Buffer.concat(chunks).toString('utf8')),
        }),
      );
    });
    request.once('timeout', () => request.destroy(new Error(unanswered)));
    request.once('error', reject);
    request.end(content);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
