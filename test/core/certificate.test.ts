import { expect, test } from "vitest";
import { certificateProblem, innermostCode } from "../../src/core/certificate.ts";

test.each([
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its TLS certificate is not trusted"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "its TLS certificate is not trusted"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "its TLS certificate is not trusted"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its TLS certificate is not trusted"],
  ["CERT_REVOKED", "its TLS certificate is not trusted"],
  ["CERT_HAS_EXPIRED", "its TLS certificate is not valid now"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its TLS certificate is for another host"],
  ["server certificate verification failed. CAfile: none CRLfile: none", "its TLS certificate is not trusted"],
  ["SSL certificate problem: unable to get local issuer certificate", "its TLS certificate is not trusted"],
  ["SSL certificate problem: certificate has expired", "its TLS certificate is not valid now"],
  ["SSL: no alternative certificate subject name matches target host name 'a.test'", "its TLS certificate is for another host"],
  ["ECONNREFUSED", undefined],
  ["ERR_SSL_WRONG_VERSION_NUMBER", undefined],
  ["", undefined],
])("the fault of a certificate is known by %s", (said, cause) => {
  expect(certificateProblem(said)?.cause).toBe(cause);
});

test("the innermost code of an error counts, also of what an SDK wraps", () => {
  const inner = Object.assign(new Error("self-signed"), { code: "SELF_SIGNED_CERT_IN_CHAIN" });
  const wrapped = new TypeError("fetch failed", { cause: inner });
  const sdk = Object.assign(new Error("A request error occurred"), { code: "slack_webapi_request_error", original: inner });
  expect([inner, wrapped, sdk, new Error("none"), "text"].map((error) => certificateProblem(innermostCode(error))?.cause)).toEqual([
    ...Array<string>(3).fill("its TLS certificate is not trusted"),
    undefined,
    undefined,
  ]);
});
