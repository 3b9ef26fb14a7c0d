import { connectionProblem } from "../../core/connection.ts";
import { FairleadError, type ErrorCode } from "../../core/errors.ts";
import { proxiesOf } from "../../core/proxy.ts";
import { cutLine } from "../../core/text/cut.ts";

/** The error code, cause and hint for each code of AWS: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html and each action's own. */
const known: Readonly<Record<string, readonly [code: ErrorCode, cause: string, hint?: string]>> = {
  AccessDenied: ["forbidden", "AWS does not allow it", "run fairlead doctor aws to see the policies that are needed"],
  CredentialsProviderError: [
    "unauthenticated",
    "there are no AWS credentials",
    "name a role with --aws-role, set AWS_PROFILE, or sign in with aws sso login",
  ],
  ExpiredToken: ["unauthenticated", "the AWS credentials have expired", "sign in again, or take what expired out of the environment"],
  IDPCommunicationError: ["unavailable", "AWS cannot reach the identity provider"],
  IDPRejectedClaim: ["unauthenticated", "the identity provider refused the token"],
  ImageTagAlreadyExists: ["conflict", "the tag cannot be moved"],
  IncompleteSignature: ["unauthenticated", "the AWS credentials are wrong"],
  InternalFailure: ["unavailable", "AWS failed"],
  InvalidClientTokenId: ["unauthenticated", "AWS does not know the credentials", "check AWS_ACCESS_KEY_ID, or the profile"],
  InvalidIdentityToken: [
    "unauthenticated",
    "AWS does not take the identity token",
    "add the token's issuer to the account as an OIDC provider: run fairlead doctor aws",
  ],
  InvalidParameter: ["input", "AWS refuses a setting"],
  InvalidSignature: ["unauthenticated", "the AWS credentials are wrong", "check AWS_SECRET_ACCESS_KEY, or the profile"],
  InvalidTagParameter: ["input", "AWS refuses a tag"],
  Kms: ["input", "KMS refuses the key", "check that the key is in the repository's region and that its policy lets ECR use it"],
  LimitExceeded: ["forbidden", "a quota of the account is used up", "ask AWS for a higher quota"],
  MalformedPolicyDocument: ["input", "AWS refuses the policy"],
  OptInRequired: ["forbidden", "the account does not have the service"],
  PackedPolicyTooLarge: ["input", "the session policy is too long", "name fewer repositories in one run"],
  RegionDisabled: ["forbidden", "the account does not have the region's STS", "let an administrator enable it: IAM, account settings"],
  RepositoryAlreadyExists: ["conflict", "there is one already"],
  RepositoryNotFound: ["not_found", "there is no such repository", "add --create-repository"],
  RequestExpired: ["unauthenticated", "AWS says that the request is old", "set the clock of this machine"],
  SignatureDoesNotMatch: ["unauthenticated", "the AWS credentials are wrong", "check AWS_SECRET_ACCESS_KEY, or the profile"],
  TokenProviderError: ["unauthenticated", "the AWS sign-in has ended", "run aws sso login"],
  TooManyTags: ["input", "there are too many tags"],
  UnrecognizedClient: ["unauthenticated", "AWS does not know the credentials", "check AWS_ACCESS_KEY_ID, or the profile"],
  Validation: ["input", "AWS refuses a setting"],
};

/** The longest text of AWS's that goes into a message of ours. */
const longestText = 300;

/** Returns what an SDK threw as ours, by its code and status. AWS's own text is behind it: who may not do what to which. */
export function translate(doing: string, error: unknown, signal: AbortSignal): FairleadError {
  if (error instanceof FairleadError) return error;
  if (signal.aborted) return new FairleadError("canceled", `${doing}: stopped`, { cause: error });
  const { name, message, status, throttled, network } = facts(error);
  const problem = status === undefined ? connectionProblem(error, proxiesOf(process.env)) : undefined;
  if (problem !== undefined) {
    return new FairleadError(problem.code, `${doing}: AWS cannot be reached: ${problem.cause}`, { hint: problem.hint, cause: error });
  }
  const [code, cause, hint] = known[name.replace(/Exception$/, "")] ?? byStatus(status, throttled, network);
  const detail = cutLine(message, longestText);
  const told = name === "CredentialsProviderError" || detail === "" ? "" : ` (${network ?? detail})`;
  return new FairleadError(code, `${doing}: ${cause}${told}`, { hint, cause: error });
}

function byStatus(status: number | undefined, throttled: boolean, network: string | undefined): readonly [ErrorCode, string, string?] {
  if (throttled) return ["unavailable", "AWS asks for fewer requests"];
  if (network !== undefined) return ["unavailable", "AWS cannot be reached"];
  if (status === undefined) return ["internal", "the SDK failed"];
  if (status === 401) return ["unauthenticated", "AWS refuses the credentials"];
  if (status === 403) return ["forbidden", "AWS does not allow it"];
  return status >= 500 ? ["unavailable", `AWS answered ${status}`] : ["unsupported", `AWS answered ${status}`];
}

interface Facts {
  /** AWS's code, or the class of an error of the SDK itself. */
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly throttled: boolean;
  /** The system's code, where no answer came: https://nodejs.org/api/errors.html#common-system-errors */
  readonly network: string | undefined;
}

function facts(error: unknown): Facts {
  const known = error as {
    name?: string;
    message?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
    $retryable?: { throttling?: boolean };
  };
  const { name = "Error", message = "", code } = known;
  const status = known.$metadata?.httpStatusCode;
  const throttled =
    known.$retryable?.throttling === true || status === 429 || /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/.test(name);
  const network =
    status === undefined && (name === "TimeoutError" || /^E[A-Z]/.test(code ?? "")) ? (code ?? "no answer in time") : undefined;
  return { name, message, status, throttled, network };
}
