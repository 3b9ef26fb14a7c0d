import type { Redactor } from "./secret.ts";

/**
 * Returns plain data with every known secret in its texts replaced. All that a run shows (report, result, failure) is data that
 * goes through here, before it is cut, coloured or escaped: half a secret would not be found.
 */
export function redactAll<T>(redactor: Redactor, data: T): T {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return redactor.redact(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redactor.redact(key), walk(inner)]));
  };
  return walk(data) as T;
}
