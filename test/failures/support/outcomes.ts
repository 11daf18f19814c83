/** Runs programs/connects.ts in a namespace, and returns the result of each target. */
import type { TestContext } from "node:test";
import type { Address, Attempt } from "../../../src/index.ts";
import type { ConnectsSettings } from "../programs/connects.ts";
import { inNamespace, type NamespaceOptions } from "./namespace.ts";
import { startProgram } from "./program.ts";

export interface Outcome {
  readonly target: string;
  readonly connected?: Address;
  readonly error?: {
    readonly name: string;
    readonly code: string;
    readonly stage: string;
    readonly message: string;
    readonly option?: string;
    readonly attempts: readonly Attempt[];
  };
  readonly tookMs: number;
  readonly events: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[];
}

/** In the order of arrival. */
export async function outcomesOf(
  t: TestContext,
  namespace: NamespaceOptions,
  settings: ConnectsSettings,
): Promise<Outcome[]> {
  const program = startProgram(t, "connects", settings, { behind: inNamespace(namespace) });
  await program.line("done");
  return program.lines.filter(({ type }) => type === "outcome") as unknown as Outcome[];
}
