/** Values that end, each kept until shortly before its end. */
export interface ExpiringCache<T> {
  /** Returns what is kept for a key, or what `make` returns. All who ask meanwhile share one call. A failure is not kept. */
  get(key: string, make: () => Promise<T>): Promise<T>;
  /** Forgets the value of a key, if it is still this one. */
  drop(key: string, value: T): void;
}

/** The clock and expiry of a cache's values. */
export interface ExpiringCacheOptions<T> {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds before its end in which a value is no longer returned; at most a fifth of its life. */
  readonly margin: number;
  /** Returns when a value ends, in milliseconds since 1970; undefined for never. */
  readonly expiresOf: (value: T) => number | undefined;
}

interface Entry<T> {
  readonly made: Promise<T>;
  value: T | undefined;
  /** When it is made anew, in milliseconds since 1970. */
  stale: number;
}

/** Returns a cache that holds nothing yet. */
export function createExpiringCache<T>({ now, margin, expiresOf }: ExpiringCacheOptions<T>): ExpiringCache<T> {
  const kept = new Map<string, Entry<T>>();
  const fill = async (key: string, make: () => Promise<T>): Promise<T> => {
    const began = now();
    const entry: Entry<T> = { made: make(), value: undefined, stale: Infinity };
    kept.set(key, entry);
    try {
      entry.value = await entry.made;
      const expires = expiresOf(entry.value) ?? Infinity;
      entry.stale = expires - Math.min(margin, (expires - began) / 5);
      return entry.value;
    } catch (error) {
      if (kept.get(key) === entry) kept.delete(key);
      throw error;
    }
  };
  return {
    async get(key, make) {
      const known = kept.get(key);
      return known !== undefined && now() < known.stale ? await known.made : await fill(key, make);
    },
    drop(key, value) {
      if (kept.get(key)?.value === value) kept.delete(key);
    },
  };
}
