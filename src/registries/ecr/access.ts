import { FairleadError } from "../../core/errors.ts";
import type { ImageRef } from "../../core/image/image.ts";
import type { Permission } from "../../core/permission.ts";
import type { RegistryOptions } from "../../core/registry/registry-kind.ts";
import type { RunScope } from "../../core/scope.ts";
import type { AccessFields } from "./fields.ts";

/** The access of a run to AWS: its role and permissions. None of it is secret: credentials are looked up on first use. */
export interface AwsAccess {
  /** The ARN of the IAM role to assume; undefined means whoever this machine is already. */
  readonly role: string | undefined;
  /** The only accounts that may be used, by their twelve digits; none means any. */
  readonly accounts: readonly string[];
  /** The images that the run's input names: a role is assumed for their repositories alone. */
  readonly images: readonly ImageRef[];
  /** The permissions that the run's steps need: a role is assumed for them alone. */
  readonly needs: readonly Permission[];
  /** The name of the role's session, by which CloudTrail shows the run: 2 to 64 letters, digits and `_+=,.@-`. */
  readonly session: string;
}

/** Returns what a run says of AWS: undefined in a Dagger module, where nobody is. Throws `unsupported` there for a role, which somebody would have to assume. */
export function awsAccess({ scope, inModule }: Pick<RegistryOptions, "scope" | "inModule">): AwsAccess | undefined {
  const { awsRole: role, awsAccounts: accounts = [] } = scope.input as Partial<AccessFields>;
  if (!inModule) return { role, accounts, ...scopeOf(scope) };
  if (role === undefined) return undefined;
  throw new FairleadError("unsupported", `assume ${role}: a Dagger module has no AWS credentials`, {
    hint: 'give registryUsername AWS, and as registryPassword what "aws ecr get-login-password" prints: --registry-password=cmd://…',
  });
}

function scopeOf({ images, needs, session }: RunScope): Pick<AwsAccess, "images" | "needs" | "session"> {
  return { images, needs, session };
}
