/** For property tests: RESP values of every kind, nested. */
import * as fc from 'fast-check';

import type { RespValue } from '../resp/value.ts';

const line = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const kindOf = <K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

/** Any value that a server may send. */
export const { value: respValue } = fc.letrec<{ value: RespValue; leaf: RespValue }>((tie) => ({
  leaf: fc.oneof(
    fc.record({ kind: kindOf('simple', 'error'), text: line }),
    fc.record({ kind: kindOf('integer'), text: fc.integer().map(String) }),
    fc.record({ kind: kindOf('big-number'), text: fc.bigInt().map(String) }),
    fc.record({
      kind: kindOf('double'),
      text: fc.oneof(fc.double().map(String), fc.constantFrom('inf', '-inf', 'nan')),
    }),
    fc.record({ kind: kindOf('bulk', 'bulk-error', 'verbatim'), bytes }),
    fc.record({ kind: kindOf('boolean'), value: fc.boolean() }),
    fc.record({ kind: kindOf('null') }),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.record({
      kind: kindOf('array', 'set', 'push'),
      items: fc.array(tie('value'), { maxLength: 5 }),
    }),
    fc.record({
      kind: kindOf('map'),
      items: fc
        .array(fc.tuple(tie('leaf'), tie('value')), { maxLength: 4 })
        .map((all) => all.flat()),
    }),
  ),
}));
