/**
 * A name server that says what it is told to say, or nothing.
 *
 * Knows A and AAAA questions over UDP (RFC 1035, section 4); one question a packet,
 * as every resolver sends them.
 */
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";

/** What it answers for one name. */
export interface Zone {
  readonly a?: readonly string[];
  /** Groups written out in full: `fd00:9:0:0:0:0:0:2`. */
  readonly aaaa?: readonly string[];
  /** The response code, as in `SERVFAIL`; without addresses, `NOERROR` means that the name has none. */
  readonly rcode?: keyof typeof rcodes;
  /** The questions that it does not answer. */
  readonly silent?: readonly (keyof typeof types)[];
}

const rcodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const types = { a: 1, aaaa: 28 } as const;

/** Listens on an address; names that it does not know do not exist. */
export async function startNameServer(
  host: string,
  port: number,
  zones: Readonly<Record<string, Zone>>,
): Promise<void> {
  const socket = dgram.createSocket("udp4");
  socket.on("message", (question, { address, port: from }) => {
    const { name, end, type } = readQuestion(question);
    const zone = zones[name] ?? { rcode: "NXDOMAIN" };
    if (zone.silent?.some((one) => types[one] === type) === true) return;
    socket.send(answer(question.subarray(0, end), type, zone), from, address);
  });
  socket.bind(port, host);
  await once(socket, "listening");
  socket.unref();
}

function readQuestion(packet: Buffer): { name: string; end: number; type: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 5, type: packet.readUInt16BE(at + 1) };
}

function answer(question: Buffer, type: number, zone: Zone): Buffer {
  const addresses = type === types.a ? zone.a : type === types.aaaa ? zone.aaaa : undefined;
  const records = (addresses ?? []).map((address) => record(type, address));
  const header = Buffer.from(question);
  // A response, to a question that asked for recursion, from a server that does it.
  header.writeUInt16BE(0x8180 | rcodes[zone.rcode ?? "NOERROR"], 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, ...records]);
}

function record(type: number, address: string): Buffer {
  const data = net.isIPv4(address)
    ? Buffer.from(address.split(".").map(Number))
    : Buffer.from(
        address
          .split(":")
          .map((group) => group.padStart(4, "0"))
          .join(""),
        "hex",
      );
  const fixed = Buffer.alloc(12);
  // The name is the question's, at byte 12 of the packet.
  fixed.writeUInt16BE(0xc00c, 0);
  fixed.writeUInt16BE(type, 2);
  fixed.writeUInt16BE(1, 4);
  fixed.writeUInt32BE(60, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}
