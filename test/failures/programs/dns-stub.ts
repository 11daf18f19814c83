/**
 * A name server with scripted answers, or none.
 *
 * Supports A and AAAA queries over UDP (RFC 1035, section 4); one query per packet, as all resolvers send them.
 */
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";

/** The answer for one name. */
export interface Zone {
  readonly a?: readonly string[];
  /** Groups written out in full: `fd00:9:0:0:0:0:0:2`. */
  readonly aaaa?: readonly string[];
  /** The response code, as in `SERVFAIL`; without addresses, `NOERROR` means that the name has none. */
  readonly rcode?: keyof typeof rcodes;
  /** The response code of one kind of query only. */
  readonly fails?: Readonly<Partial<Record<keyof typeof types, keyof typeof rcodes>>>;
  /** Another name, which has these addresses. */
  readonly cname?: string;
  /** Delay of the answer to each kind of query, in milliseconds. */
  readonly lateMs?: Readonly<Partial<Record<keyof typeof types, number>>>;
  /** Queries that it does not answer. */
  readonly silent?: readonly (keyof typeof types)[];
}

const rcodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const types = { a: 1, aaaa: 28 } as const;

/** Listens on an address; unknown names do not exist. */
export async function startNameServer(
  host: string,
  port: number,
  zones: Readonly<Record<string, Zone>>,
  asked: (name: string) => void = () => {},
): Promise<void> {
  const socket = dgram.createSocket("udp4");
  socket.on("message", (question, { address, port: from }) => {
    const { name, end, type } = readQuestion(question);
    asked(name);
    const zone = zones[name] ?? { rcode: "NXDOMAIN" };
    const kind = type === types.aaaa ? "aaaa" : "a";
    if (zone.silent?.includes(kind) === true) return;
    const { rcode = zone.rcode } = { rcode: zone.fails?.[kind] };
    const reply = answer(question.subarray(0, end), type, { ...zone, ...(rcode && { rcode }) });
    setTimeout(() => socket.send(reply, from, address), zone.lateMs?.[kind] ?? 0);
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
  const owner = zone.cname === undefined ? undefined : nameBytes(zone.cname);
  const records = (addresses ?? []).map((address) => record(type, addressBytes(address), owner));
  if (owner !== undefined) records.unshift(record(5, owner));
  const header = Buffer.from(question);
  // A response to a query with recursion desired, from a server that offers it.
  header.writeUInt16BE(0x8180 | rcodes[zone.rcode ?? "NOERROR"], 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, ...records]);
}

function nameBytes(name: string): Buffer {
  const labels = name
    .split(".")
    .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1"));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function addressBytes(address: string): Buffer {
  if (net.isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const groups = address.split(":").map((group) => group.padStart(4, "0"));
  return Buffer.from(groups.join(""), "hex");
}

function record(type: number, data: Buffer, owner?: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(60, 4);
  fixed.writeUInt16BE(data.length, 8);
  // Without another owner, the name is that of the query, at byte 12 of the packet.
  return Buffer.concat([owner ?? Buffer.from([0xc0, 0x0c]), fixed, data]);
}
