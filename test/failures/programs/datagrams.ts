/** A datagram echo, and requests to it from the same program; reports the result of each. */
import { bindUdp, connectUdp, formatAddress, type BindUdpOptions } from "../../../src/index.ts";
import { say, settings } from "../../support/program-lines.ts";

const { lengths, to, ...options } = settings() as BindUdpOptions & { lengths: number[]; to?: string };

await using server = await bindUdp(options);
const { address } = server;

async function echo(): Promise<void> {
  for await (const { bytes, from } of server) await server.sendTo(bytes, from);
}

async function ask(): Promise<void> {
  await using client = await connectUdp(to === undefined ? formatAddress(address) : `${to}:${address.port}`);
  for (const length of lengths) {
    try {
      await client.send(new Uint8Array(length).fill(length));
      const answer = await client.receive();
      say({ type: "answer", length: answer?.length, same: answer?.every((byte) => byte === (length & 255)) });
    } catch (error) {
      say({ type: "failed", error: String(error) });
    }
  }
}

void echo();
await ask().catch((error: unknown) => {
  say({ type: "failed", error: String(error) });
});
say({ type: "done" });
