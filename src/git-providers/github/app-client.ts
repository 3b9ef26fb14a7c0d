import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../../core/adapter.ts";
import { rsaPrivateKey } from "../../core/private-key.ts";
import type { Secret } from "../../core/secret.ts";
import { newClient, persistently, type ClientOptions } from "./connection.ts";
import { apiUrl, type GitHubSettings } from "./settings.ts";

/** A GitHub App, by its ID or its client ID, and its private key. */
export interface GithubApp {
  readonly id: string;
  readonly key: Secret;
}

/** What the requests of an App need. */
export type AppClientOptions = Pick<AdapterOptions<GitHubSettings>, "settings"> & ClientOptions;

/**
 * Returns a client of a GitHub that asks as the App itself, with a JSON Web Token: for `/app`, installations and their tokens alone. Where GitHub says that
 * the token's times are wrong, it is made once more by the `Date` of GitHub's answer. Throws `input` for what is no private key.
 */
export async function appClient(host: string, { id, key }: GithubApp, options: AppClientOptions): Promise<Octokit> {
  const privateKey = rsaPrivateKey(`use App ${id} of ${host}`, await key.reveal());
  const { createAppAuth } = await import("#sdk/@octokit/auth-app");
  const octokit = await newClient(apiUrl(host, options.settings), options, {
    authStrategy: createAppAuth,
    auth: { appId: id, privateKey },
  });
  octokit.hook.wrap("request", persistently(`${host} as App ${id}`, options));
  return octokit;
}
