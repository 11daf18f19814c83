/**
 * `portcall serve -u`: a built-in service for datagrams.
 */
import { formatAddress, type Target, type UdpAddress } from "../../base/address/address.ts";
import { systemClock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import type { BoundUdpSocket, Datagram } from "../../net/index.ts";
import {
  answerBytesMax,
  AnswerGuard,
  services,
  type DatagramAnswer,
  type ServiceEntry,
  type Unanswered,
} from "../../services/index.ts";
import { errorLine } from "../error-line.ts";
import { exitOfError, type ExitName } from "../exit.ts";
import { createReporter, type ReporterOptions } from "../report/reporter.ts";
import type { ValuedRow } from "../args/options.ts";
import { addressOf, type AddressOptions } from "../args/address-arguments.ts";
import { Interruption } from "../signals.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UsageError } from "../usage.ts";
import { wholeNumber } from "../args/values.ts";
import type { GroupOptions } from "../session/udp/multicast.ts";
import { bindAddress } from "../session/udp/listen.ts";

const defaultRate = 100;

export const rateOptions: { readonly rate: ValuedRow<number> } = {
  rate: {
    brief: `with -u: answer each source at most this many times per second (default ${defaultRate})`,
    value: { placeholder: "<n>", read: wholeNumber(1) },
    unfit: { connection: "% is for datagrams (-u)" },
  },
};

interface Given extends ReporterOptions, AddressOptions, GroupOptions {
  readonly reply?: string;
  readonly messages?: number;
  readonly rate?: number;
}

export async function serveDatagrams(
  service: ServiceEntry | undefined,
  target: Target,
  given: Given,
  terminal: Terminal,
): Promise<ExitName> {
  if (service === undefined)
    throw new UsageError("a handler file is for connections, not for datagrams (-u)");
  const answer = answerOf(service, given);
  const reporter = createReporter(given, terminal);
  try {
    const socket = await bindAddress(target, { ...given, timeout: undefined }, reporter);
    if (socket === undefined) return "interrupted";
    terminal.say(howToTalk(service.name, socket.address));
    const guard = new AnswerGuard(systemClock, socket.address.port, given.rate ?? defaultRate);
    const signals = new Interruption();
    void signals.requested.then(() => socket.close());
    const log = new AnswerLog(terminal);
    await answerAll(socket, answer, guard, log, given.messages ?? Infinity);
    await socket.close();
    signals.ignore();
    log.sum(socket.stats.datagramsReceived);
    return "ok";
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await reporter.failed(error, addressOf(target));
    return exitOfError(error);
  }
}

/** @throws {UsageError} for a service without datagrams, and for an option that does not apply to it. */
function answerOf(entry: ServiceEntry, given: Given): DatagramAnswer {
  if (entry.createAnswer === undefined) {
    const names = services.filter((one) => one.createAnswer !== undefined).map(({ name }) => name);
    throw new UsageError(
      `the service ${entry.name} is for connections; for datagrams there are ${names.join(", ")}`,
    );
  }
  return entry.createAnswer({ reply: given.reply });
}

/** Answers until the socket is closed, or this many datagrams have arrived. */
async function answerAll(
  socket: BoundUdpSocket,
  answer: DatagramAnswer,
  guard: AnswerGuard,
  log: AnswerLog,
  messagesMax: number,
): Promise<void> {
  for (let left = messagesMax; left > 0; left--) {
    try {
      const question = await socket.receive();
      if (question === null) return;
      await answerOne(socket, question, answer, guard, log);
    } catch (error) {
      // A single datagram has failed; others are not affected.
      if (!(error instanceof NetError)) throw error;
      // The socket was closed on purpose. Answers to earlier datagrams are not sent any more.
      if (error.code === "ERR_CLOSED") return;
      log.failed(error);
    }
  }
}

async function answerOne(
  socket: BoundUdpSocket,
  { bytes, from }: Datagram,
  answer: DatagramAnswer,
  guard: AnswerGuard,
  log: AnswerLog,
): Promise<void> {
  const bytesMax = answerBytesMax(bytes.length);
  const answered = answer(bytes, bytesMax);
  if (answered === undefined) return;
  const refusal = answered.length > bytesMax ? "length" : guard.refuses(from);
  if (refusal !== undefined) {
    log.unanswered(from, refusal);
    return;
  }
  await socket.sendTo(answered, from);
  log.answered();
}

function howToTalk(service: string, address: UdpAddress): string {
  const host = address.host === "0.0.0.0" ? "127.0.0.1" : address.host === "::" ? "::1" : address.host;
  return `listening on ${formatAddress(address)} (${service}, datagrams); try: portcall connect -u ${host} ${address.port}`;
}

const reasons: Readonly<Record<Unanswered, string>> = {
  port: "its source port may belong to a service",
  rate: "its source has reached its rate limit (--rate)",
  length: "the answer would be more than three times as long",
};

/** Reports each reason for not answering when it first occurs, and its count at the end. */
class AnswerLog {
  readonly #terminal: Terminal;
  readonly #unanswered = new Map<Unanswered, number>();
  #answered = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  answered(): void {
    this.#answered++;
  }

  unanswered(from: UdpAddress, reason: Unanswered): void {
    const count = this.#unanswered.get(reason) ?? 0;
    this.#unanswered.set(reason, count + 1);
    if (count === 0) this.#terminal.say(`not answered: ${formatAddress(from)}: ${reasons[reason]}`);
  }

  failed(error: NetError): void {
    this.#terminal.say(`portcall: ${errorLine(error)}`);
  }

  sum(received: number): void {
    const words = [
      `${received} ${received === 1 ? "datagram" : "datagrams"} received`,
      `${this.#answered} answered`,
    ];
    for (const [reason, count] of this.#unanswered) words.push(`${count} not (${reason})`);
    this.#terminal.say(words.join(", "));
  }
}
