/**
 * What the worker beside this file does wrong, one entry each, by name. Everything else about that worker is in order, so
 * that what the judge finds can only be this.
 */

/** How a handler leaves a delivery: done with it, failed (there may be another attempt), or given up for good. */
export type End = 'done' | 'failed' | 'given up';

/** One delivery, as a handler meets it. */
export interface Attempt {
  /** The transport says that it was delivered before. */
  readonly redelivered: boolean;
  readonly amount: number;
  /** Appends an effect to the ledger. */
  readonly effect: (amount?: number) => Promise<void>;
  /** Says in its events that the attempt failed. */
  readonly complain: (why: string) => void;
  /** Puts a copy into the dead-letter queue by hand, where the transport lets one. */
  readonly bury: () => Promise<void>;
  /** Looks whether somebody claimed the job. */
  readonly look: () => Promise<void>;
  /** Resolves when this process was told to end and takes no further jobs. */
  readonly toldToEnd: () => Promise<void>;
}

export type Handle = (attempt: Attempt) => Promise<End>;

/** The handler that is right: every wrong one falls back on it, and every other job gets it. */
export const applyOnce: Handle = async ({ effect }) => {
  await effect();
  return 'done';
};

export const wrongs = {
  nothing: applyOnce,
  'applies twice': async ({ effect }) => {
    await effect();
    await effect();
    return 'done';
  },
  'applies twice and complains': async ({ effect, complain }) => {
    await effect();
    await effect();
    complain('applied twice');
    return 'done';
  },
  'applies another amount': async ({ effect, amount }) => {
    await effect(amount + 1);
    return 'done';
  },
  'acknowledges without a word': async () => 'done',
  'complains and acknowledges': async ({ complain }) => {
    complain('the effect failed');
    return 'done';
  },
  'gives up at the first failure': async ({ complain }) => {
    complain('the effect failed');
    return 'given up';
  },
  'gives up at SIGTERM': async ({ look, toldToEnd }) => {
    await look(); // by which the lab knows that it has the job in hand
    await toldToEnd();
    return 'given up';
  },
  'gives up what was delivered before': async (attempt) =>
    attempt.redelivered ? 'given up' : applyOnce(attempt),
  /** What is wrong is a setting of BullMQ's own, `MAX_STALLED_COUNT`. */
  'allows no stall': applyOnce,
  'fails every time': async ({ complain }) => {
    complain('the handler cannot do it');
    return 'failed';
  },
  'applies and gives up': async ({ effect }) => {
    await effect();
    return 'given up';
  },
  'gives up twice': async ({ bury, complain }) => {
    complain('the handler cannot do it');
    await bury();
    return 'given up';
  },
  'sits on it': async (attempt) => {
    await new Promise((resolve) => setTimeout(resolve, Number(process.env['SIT_MS'])));
    return applyOnce(attempt);
  },
  'never ends': () => Promise.withResolvers<End>().promise,
} as const satisfies Readonly<Record<string, Handle>>;

export type Wrong = keyof typeof wrongs;
