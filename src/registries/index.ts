import type { AdapterOptions } from "../core/adapter.ts";
import type { Registry } from "../core/registry.ts";
import { generic } from "./generic.ts";

/** All kinds of registries. The first that serves a host is taken, so `generic`, which serves any, is the last. */
export const registries: readonly ((options: AdapterOptions) => Registry)[] = [generic];
