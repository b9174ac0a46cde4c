/**
 * Claim and effect in one atomic step, in the store where the effect lives. The claim is a commit record: it
 * exists exactly when the effect does, whoever asks, however often, and however the asking was cut short.
 */
import type { CreateGuard } from './guard.ts';

/**
 * The step. Redis runs a script alone but does not undo it when a command in it fails, so the only command that
 * can be refused by the data (HGET and RPUSH: wrong type) come before the one that commits (HSET).
 */
const claimAndAppend = `--[[
  Appends an effect to the ledger unless the job has one.
  Input:
    KEYS[1]  claims  (hash: job key -> ledger entry id)
    KEYS[2]  ledger  (list of JSON ledger entries)
    ARGV[1]  job key
    ARGV[2]  ledger entry id
    ARGV[3]  ledger entry, JSON
  Output:
    {1, ARGV[2]}      applied: the entry was appended
    {0, <entry id>}   already done: by the entry named, nothing was changed
]]
local done = redis.call('HGET', KEYS[1], ARGV[1])
if done then return {0, done} end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {1, ARGV[2]}
`;

export const atomicClaim: CreateGuard = async ({ redis, keys }) => {
  const sha = String(await redis.script('LOAD', claimAndAppend)); // ahead, so that an effect is one command on the wire
  return async (effect) => {
    const args = [
      2,
      keys.claims,
      keys.ledger,
      effect.key,
      effect.entry,
      JSON.stringify(effect),
    ] as const;
    const reply = await redis.evalsha(sha, ...args).catch((error: unknown) => {
      // The server was restarted and lost the script. It said no, so nothing was applied.
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
        return redis.eval(claimAndAppend, ...args);
      }
      throw error;
    });
    return appliedBy(reply) ? 'applied' : 'duplicate';
  };
};

function appliedBy(reply: unknown): boolean {
  if (Array.isArray(reply) && (reply[0] === 0 || reply[0] === 1)) return reply[0] === 1;
  throw new Error(`claim script answered ${JSON.stringify(reply)}, expected {0|1, entry id}`);
}
