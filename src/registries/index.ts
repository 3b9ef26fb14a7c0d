import type { RegistryKind } from "../core/registry/registry-kind.ts";
import { dockerHub } from "./docker-hub.ts";
import { ecr } from "./ecr.ts";
import { generic } from "./generic.ts";
import { ghcr } from "./ghcr.ts";

/** All kinds of registries. The first that serves a host is taken, so `generic`, which serves any, is the last. */
export const registries: readonly RegistryKind[] = [dockerHub, ecr, ghcr, generic];
