import type { ImageRef } from "../image/image.ts";
import type { Permission } from "../permission.ts";

/** What a run may do at AWS, and as whom. Nothing of it is secret: the credentials are found when they are first wanted. */
export interface AwsAccess {
  /** The ARN of the IAM role to assume; undefined means whoever this machine is already. */
  readonly role: string | undefined;
  /** The only accounts that may be used, by their twelve digits; none means any. */
  readonly accounts: readonly string[];
  /** The images that the run's input names: a role is assumed for their repositories alone. */
  readonly images: readonly ImageRef[];
  /** What the run's steps need: a role is assumed for that alone. */
  readonly needs: readonly Permission[];
  /** What the role's session is called, so that CloudTrail tells the run: 2 to 64 letters, digits and `_+=,.@-`. */
  readonly session: string;
}
