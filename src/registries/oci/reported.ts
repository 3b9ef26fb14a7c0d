import { z } from "zod";

/** An error in the body of an answer: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
const reportedError = z.object({ code: z.string().regex(/^\w{1,64}$/), message: z.unknown().optional(), detail: z.unknown().optional() });
const errorBody = z.object({ errors: z.array(z.unknown()) });

export type ReportedError = z.output<typeof reportedError>;

/**
 * The status that each of these codes stands for. A registry answers 500 when one of several errors has no code of its
 * own (`UNKNOWN`): https://github.com/distribution/distribution/blob/main/registry/api/errcode/register.go
 */
const statuses: Readonly<Record<string, number>> = {
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNVERIFIED: 400,
  NAME_INVALID: 400,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  UNSUPPORTED: 405,
};

/** Returns the errors that a registry reports, the telling ones first: `UNKNOWN` says nothing beside another. */
export function reportedErrors(bytes: Uint8Array): readonly ReportedError[] {
  const all = parse(bytes);
  const telling = all.filter(({ code }) => code !== "UNKNOWN");
  return [...telling, ...all.filter(({ code }) => code === "UNKNOWN")];
}

/** Returns the status of an answer, or the one that its errors stand for if it is a 500 that a retry would not change. */
export function tellingStatus({ status, bytes }: { readonly status: number; readonly bytes: Uint8Array }): number {
  const code = status === 500 ? reportedErrors(bytes)[0]?.code : undefined;
  return (code === undefined ? undefined : statuses[code]) ?? status;
}

function parse(bytes: Uint8Array): readonly ReportedError[] {
  try {
    return errorBody.parse(JSON.parse(Buffer.from(bytes).toString())).errors.flatMap((each) => reportedError.safeParse(each).data ?? []);
  } catch {
    return []; // a proxy's page, or nothing: the status says enough
  }
}
