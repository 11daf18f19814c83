/**
 * The contract of every engine: the prose of `src/wire/wire.ts` as tests.
 *
 * An engine runs it with one call of `testWire`, with one row for each kind of address.
 */
import { suite } from "node:test";
import type { Engine } from "../../src/wire/index.ts";
import { testDetaching } from "./wire-detaching.ts";
import { testEnding } from "./wire-ending.ts";
import { testEstablishing } from "./wire-establishing.ts";
import type { AddressRow } from "./wire-pair.ts";
import { testTransfer } from "./wire-transfer.ts";

export interface WireEngineRow {
  readonly name: string;
  readonly createEngine: () => Engine;
  readonly addresses: readonly AddressRow[];
  /** Whether wires can be detached. Default: yes. */
  readonly detaches?: boolean;
}

export function testWire({ name, createEngine, addresses, detaches = true }: WireEngineRow): void {
  for (const address of addresses) {
    const row = { ...address, createEngine };
    suite(
      `a wire of the ${name} engine over ${address.name}`,
      { skip: address.skip, timeout: 20_000 },
      () => {
        testTransfer(row);
        testEnding(row);
        testEstablishing(row);
        testDetaching(row, detaches);
      },
    );
  }
}
