/**
 * stdin on its way to whom it is for: one connection, many, or a UDP socket.
 */
import { NetError } from "../../base/errors.ts";
import type { ExitName } from "../exit.ts";
import { withCrlf } from "../tty/crlf.ts";
import type { Terminal } from "../tty/terminal.ts";

export interface StdinPump {
  /** Sent in place of stdin. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  readonly crlf?: boolean;
  /** What is done with the input before it is sent: it is watched, or cut into datagrams. */
  readonly through?: (input: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** The next piece is read when this one is sent. */
  readonly send: (piece: Uint8Array) => Promise<unknown>;
}

/** What stopped a pump before the end of stdin: a failure to send, or the exit for a stdin that cannot be read. */
export type PumpFailure = NetError | ExitName;

/** Sends stdin to its end; resolves to what stopped it before. */
export async function pumpStdin(terminal: Terminal, pump: StdinPump): Promise<PumpFailure | undefined> {
  const { crlf = false, through = (input) => input, send } = pump;
  try {
    const input = pump.input ?? terminal.input();
    for await (const piece of through(crlf ? withCrlf(input) : input)) await send(piece);
    return undefined;
  } catch (error) {
    return error instanceof NetError ? error : terminal.brokenStdin(error);
  }
}
