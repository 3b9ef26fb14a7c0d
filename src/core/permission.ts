/** A permission that a step needs its token to have. The permissions of a pipeline are those of its steps. */
export type Permission =
  | "registry:pull"
  | "registry:push"
  | "registry:create"
  | "registry:restore"
  | "contents:read"
  | "contents:write"
  | "pull-requests:read"
  | "pull-requests:write"
  | "statuses:read"
  | "notify";
