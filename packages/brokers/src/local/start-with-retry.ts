/** Starting again on other ports, when somebody else was faster to take one of them. */
import { isAddressInUse } from './ports.ts';

/** A server process ended before it was ready. */
export class ServerEnded extends Error {
  readonly output: string;

  constructor(part: string, ending: string, output: string) {
    super(`${part} ended before it was ready (${ending}); its last words:\n${output}`);
    this.name = 'ServerEnded';
    this.output = output;
  }
}

const attemptsMax = 5;

/** @param start picks ports, starts the server and waits for it; throws ServerEnded when it ended. */
export async function readyOrRetry<Ready>(start: () => Promise<Ready>): Promise<Ready> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      const elsewhere = error instanceof ServerEnded && isAddressInUse(error.output);
      if (!elsewhere || attempt === attemptsMax) throw error;
    }
  }
}
