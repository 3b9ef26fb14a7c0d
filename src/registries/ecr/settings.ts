import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";

const host = z.string().regex(/^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d+)?$/, "expected a host in lower case, such as registry.example.com:5000");

/** Hosts, with their port if they have one, and whose they are. */
export const ecrSettings = z
  .record(
    host,
    z.strictObject({
      account: z.string().regex(/^\d{12}$/, "expected an AWS account: twelve digits, in quotation marks"),
      region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "expected an AWS region such as eu-west-1"),
    }),
  )
  .describe("ECR hosts with other names than AWS's, such as a proxy or a VPC endpoint, and their account and region");

/** Settings of ECR, as they are used. */
export type EcrSettings = z.output<typeof ecrSettings>;

/** Returns the hosts that `FAIRLEAD_ECR_HOSTS` names, as `HOST=ACCOUNT/REGION` with commas between them. Throws `input` when it does not. */
export function readHosts(text: string): EcrSettings {
  const given = text.split(",").filter((part) => part.trim() !== "");
  return Object.fromEntries(given.map(readHost));
}

function readHost(text: string): readonly [string, EcrSettings[string]] {
  const [, name, account, region] = /^([^\s=/]+)=(\d{12})\/([a-z0-9-]+)$/.exec(text.trim()) ?? [];
  if (name !== undefined && account !== undefined && region !== undefined) return [name.toLowerCase(), { account, region }];
  throw new FairleadError("input", `read FAIRLEAD_ECR_HOSTS: "${text.trim()}" is not HOST=ACCOUNT/REGION`, {
    hint: "give hosts as ecr.example.com=123456789012/eu-west-1, with commas between them",
  });
}
