import { func, object } from "@dagger.io/dagger";

@object()
export class Hello {
  /** Greets, whenever it is called. */
  @func({ cache: "never" })
  greet(name: string): string {
    return `Hello, ${name}`;
  }

  /** Greets, and is remembered. */
  @func()
  remember(name: string): string {
    return `Hello, ${name}`;
  }
}
