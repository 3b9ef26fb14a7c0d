import type { GitProviderKind } from "../core/git/provider.ts";
import { github } from "./github.ts";

/** All kinds of Git providers. The first that serves a host is taken. */
export const gitProviders: readonly GitProviderKind[] = [github];
