/** tsx is in the image, and not among the packages that fairlead itself is developed with. */
declare module "tsx/esm/api" {
  /** Lets Node import TypeScript with decorators from here on, by the options of this file. */
  export function register(options: { tsconfig: string }): void;
}
