/** Every policy the lab knows, in the order in which tables show them. */
import type { Policy } from './policy.ts';

export const policies: readonly Policy[] = [];

/**
 * @throws RangeError naming the policies there are
 */
export function policyNamed(name: string): Policy {
  const policy = policies.find((candidate) => candidate.name === name);
  if (policy === undefined) {
    throw new RangeError(
      `no policy named "${name}"; there are: ${policies.map((known) => known.name).join(', ')}`,
    );
  }
  return policy;
}
