/**
 * The kinds of hostile clients: what each sends, whether it reads, and how it leaves.
 *
 * A kind is data only. programs/attackers.ts plays it; checks S22 and S23 measure the server meanwhile.
 */

/** How the server cuts messages: the names of `--frame`, or telnet beneath lines. */
export type FramingName = "raw" | "lines" | "json" | "netstring" | "u8" | "u32be" | "varint" | "telnet";

/** Which server is attacked: the library with `for await` or a raw handler, or the command. */
export type ServiceName = "for await" | "raw handler" | "serve echo" | "serve chat";

export interface HostileKind {
  readonly name: string;
  readonly framing: FramingName;
  readonly services: readonly ServiceName[];
  /** How many attack at once, in the full form. */
  readonly attackers: number;
  /** The largest message that a server must hold for one of them; 0 unless given. */
  readonly messageBytes?: number;
  /** Sent once, when the connection opens. */
  readonly opens?: Uint8Array;
  /** Sent again and again, as fast as the connection takes it. */
  readonly floods?: Uint8Array;
  /** Sent once every second. */
  readonly drips?: Uint8Array;
  /** Whether it reads what the server answers; it never does unless set. */
  readonly reads?: true;
  /** Whether the server has room for half of them only, and refuses the others. */
  readonly fillsTheServer?: true;
  /** How it leaves once `opens` is sent; it stays until the server closes unless given. It then comes again. */
  readonly leaves?: "reset" | "fin" | "close";
}

/** A row of the table: the most common values need not be stated. */
type KindRow = Partial<HostileKind> & Pick<HostileKind, "name" | "services">;

const usual = { framing: "lines", attackers: 50 } as const;

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
/** About 64 KiB of copies, whole ones. */
const many = (text: string): Uint8Array => bytes(text.repeat(Math.ceil(65_536 / text.length)));

const mebibyte = 1_048_576;
/** A length of four bytes, high byte first, and so many bytes behind it. */
function frame(length: number): Uint8Array {
  const whole = Buffer.alloc(4 + length, 0x78);
  whole.writeUInt32BE(length);
  return whole;
}

const library: readonly ServiceName[] = ["for await"];
const echoes: readonly ServiceName[] = ["for await", "serve echo"];
const all: readonly ServiceName[] = ["for await", "raw handler", "serve echo"];

const neverRead: readonly KindRow[] = [
  {
    name: "never reads, sends empty lines",
    services: [...all, "serve chat"],
    attackers: 100,
    floods: many("\n"),
  },
  {
    name: "never reads, sends lines of 16 KiB",
    services: all,
    attackers: 100,
    messageBytes: 16_384,
    floods: bytes(`${"x".repeat(16_383)}\n`),
  },
  {
    name: "never reads, sends lines of 64 KiB",
    services: [...all, "serve chat"],
    attackers: 100,
    messageBytes: 65_536,
    floods: bytes(`${"x".repeat(65_535)}\n`),
  },
];

const floods: readonly KindRow[] = [
  { name: "floods empty lines", services: [...all, "serve chat"], floods: many("\n"), reads: true },
  { name: "floods lines of 1 byte", services: [...echoes, "serve chat"], floods: many("x\n"), reads: true },
  { name: "floods frames of 1 byte", framing: "u8", services: echoes, floods: many("\x01x"), reads: true },
  { name: "floods empty frames", framing: "varint", services: echoes, floods: many("\0"), reads: true },
  {
    name: "floods empty netstrings",
    framing: "netstring",
    services: library,
    floods: many("0:,"),
    reads: true,
  },
  { name: "floods JSON of 1 byte", framing: "json", services: echoes, floods: many("1\n"), reads: true },
  {
    name: "floods lines of 16 KiB",
    services: all,
    messageBytes: 16_384,
    floods: bytes(`${"x".repeat(16_383)}\n`),
    reads: true,
  },
  {
    name: "floods frames of 1 MiB",
    framing: "u32be",
    services: echoes,
    attackers: 20,
    messageBytes: mebibyte,
    floods: frame(mebibyte),
    reads: true,
  },
];

const slow: readonly KindRow[] = [
  { name: "drips a byte a second", services: all, attackers: 500, drips: bytes("x") },
  {
    name: "drips into what looks like TLS",
    services: echoes,
    attackers: 500,
    opens: bytes("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"),
    drips: bytes("\xc0\x2b"),
  },
  { name: "connects and says nothing", services: [...all, "serve chat"], attackers: 500 },
  { name: "sends FIN and nothing", services: all, attackers: 500, leaves: "fin" },
];

const comeAndGo: readonly KindRow[] = [
  { name: "connects and closes", services: all, reads: true, leaves: "close" },
  {
    name: "holds every place, and more come",
    services: ["for await", "raw handler"],
    attackers: 500,
    reads: true,
    fillsTheServer: true,
  },
  { name: "resets at once", services: all, leaves: "reset" },
  { name: "resets within a message", services: echoes, opens: bytes("hel"), leaves: "reset" },
  {
    name: "resets after its request",
    services: [...all, "serve chat"],
    opens: bytes("hello\n"),
    leaves: "reset",
  },
];

const lies: readonly KindRow[] = [
  {
    name: "length of 2^32-1",
    framing: "u32be",
    services: echoes,
    opens: bytes("\xff\xff\xff\xff"),
    floods: many("x"),
  },
  {
    name: "length of 2^31",
    framing: "u32be",
    services: library,
    opens: bytes("\x80\0\0\0"),
    floods: many("x"),
  },
  {
    name: "length at the limit, never filled",
    framing: "u32be",
    services: library,
    attackers: 500,
    opens: bytes("\0\x80\0\0xxx"),
  },
  {
    name: "negative varint",
    framing: "varint",
    services: library,
    opens: bytes("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
  },
  { name: "varint without an end", framing: "varint", services: library, floods: many("\x80") },
  { name: "netstring length without an end", framing: "netstring", services: library, floods: many("9") },
  {
    name: "JSON without an end",
    framing: "json",
    services: echoes,
    attackers: 20,
    messageBytes: 8 * mebibyte,
    floods: many("["),
    reads: true,
  },
  {
    name: "line without an end",
    services: [...echoes, "serve chat"],
    messageBytes: 65_536,
    floods: many("x"),
    reads: true,
  },
];

const telnet: readonly KindRow[] = [
  {
    name: "floods telnet requests",
    framing: "telnet",
    services: echoes,
    floods: many("\xff\xfd\x01\xff\xfb\x18\xff\xfe\x01\xff\xfc\x18\xff\xf6"),
  },
  {
    name: "telnet subnegotiation without an end",
    framing: "telnet",
    services: library,
    opens: bytes("\xff\xfa\x18"),
    floods: many("x"),
  },
];

export const kinds: readonly HostileKind[] = [
  ...neverRead,
  ...floods,
  ...slow,
  ...comeAndGo,
  ...lies,
  ...telnet,
].map((row) => ({ ...usual, ...row }));

/** Whether one of them keeps the server busy all the time; the others hold a connection. */
export function isBusy(kind: HostileKind): boolean {
  return kind.floods !== undefined || (kind.leaves ?? "fin") !== "fin";
}

/** @throws {Error} if there is none of that name. */
export function kindNamed(name: string): HostileKind {
  const kind = kinds.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`no kind of hostile client is called "${name}"`);
  return kind;
}
