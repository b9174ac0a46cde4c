/** A RESP2 or RESP3 value. Numbers stay text: what matters here compares them, and text is exact. */

export type RespValue =
  | {
      readonly kind: 'simple' | 'error' | 'integer' | 'double' | 'big-number';
      readonly text: string;
    }
  /** `verbatim` keeps its `txt:` prefix. A long string is its beginning. */
  | { readonly kind: 'bulk' | 'bulk-error' | 'verbatim'; readonly bytes: Buffer }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** `$-1`, `*-1` and `_` alike. */
  | { readonly kind: 'null' }
  /** A map's items are key, value, key, value … `omitted` is how many were read and not kept behind those. */
  | {
      readonly kind: 'array' | 'set' | 'push' | 'map';
      readonly items: readonly RespValue[];
      readonly omitted?: number;
    };

/** A value with its place in its direction's stream. */
export interface PlacedValue {
  readonly value: RespValue;
  readonly start: number;
  readonly end: number;
}

/** The elements of an array, set, push or flattened map; none of anything else. */
export function itemsOf(value: RespValue | undefined): readonly RespValue[] {
  return value !== undefined && 'items' in value ? value.items : [];
}

/** The text of a string or number; undefined of anything else. */
export function textOf(value: RespValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  if ('text' in value) return value.text;
  return 'bytes' in value ? value.bytes.toString() : undefined;
}

export function isError(value: RespValue): boolean {
  return value.kind === 'error' || value.kind === 'bulk-error';
}
