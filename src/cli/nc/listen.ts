/**
 * `nc -l`: one client; with -k one after the other, or many at once in ncat's dialect and for programs.
 */
import { systemClock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { serve, type Handler, type Server } from "../../net/index.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import { programSource } from "../serve/exec/program-source.ts";
import type { ExitName } from "../exit.ts";
import { listenAddress } from "../args/address-arguments.ts";
import type { HandlerSource, ServerOptions } from "../serve/handler-source.ts";
import { serviceSource } from "../serve/service-source.ts";
import { Interruption } from "../signals.ts";
import type { Terminal } from "../tty/terminal.ts";
import { paced, SharedInput } from "./input.ts";
import { ClientHub } from "../session/client-hub.ts";
import { admissionOf } from "./admission.ts";
import type { NcRequest, NcTarget } from "./request.ts";
import { lingering, ncReporter, relayAsNc } from "./relay.ts";
import { listeningOn, notListening, receivedFrom } from "./messages.ts";

/** The default of ncat. */
const clientsMax = 100;

/** Listens until the single client has left, or with -k until Ctrl-C. */
export async function listen(request: NcRequest, terminal: Terminal): Promise<ExitName> {
  let exit: ExitName = "ok";
  const source = sourceOf(request, terminal, (ended) => {
    exit = ended;
  });
  const signals = new Interruption();
  try {
    const server = await signals.before(
      source.begin({ ...source.options, ...settingsOf(request, terminal) }, undefined),
    );
    if (server === undefined) return "interrupted";
    sayWhere(server, request, terminal);
    void signals.requested.then(() => {
      exit = "interrupted";
      return server.close({ drainMs: 0 });
    });
    void terminal.stdoutBroken.then(() => server.close({ drainMs: 0 }));
    await server.closed;
    await source.end?.();
    return exit;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    terminal.say(notListening(error));
    return "unmet";
  } finally {
    signals.ignore();
  }
}

function settingsOf(request: NcRequest, terminal: Terminal): ServerOptions {
  const { given, family, idleTimeoutMs, targets, verbosity, dialect } = request;
  const [{ target, name }] = targets as readonly [NcTarget];
  const isMany = isForMany(request);
  const { observers } = ncReporter(request, terminal);
  return {
    ...listenAddress(target, { ...(family === 4 ? { ipv4: true } : family === 6 ? { ipv6: true } : {}) }),
    ...admissionOf(given),
    acceptMax: given["keep-open"] === true || given.chat === true ? Infinity : 1,
    ...(isMany
      ? { connectionsMax: given["max-conns"] ?? clientsMax }
      : { concurrency: 1, descriptorReserve: 0 }),
    firstByteTimeoutMs: Infinity,
    idleTimeoutMs: Infinity,
    writeStallTimeoutMs: Infinity,
    inactivityTimeoutMs: idleTimeoutMs,
    halfCloseTimeoutMs: Infinity,
    ...request.buffers,
    ...lingering(given),
    ...observers,
    onEvent(event) {
      observers.onEvent?.(event);
      if (verbosity > 0 && event.type === "opened" && event.remote !== undefined)
        terminal.say(receivedFrom(event.remote, name));
      if (event.type === "refused" && dialect === "ncat" && verbosity > 0)
        terminal.say("nc: a client was refused");
    },
  };
}

function isForMany({ given, dialect }: NcRequest): boolean {
  const hasPrograms = (given.exec ?? given["sh-exec"]) !== undefined;
  return given.chat === true || (given["keep-open"] === true && (hasPrograms || dialect === "ncat"));
}

/** The handler source that serves the clients. */
function sourceOf(request: NcRequest, terminal: Terminal, ended: (exit: ExitName) => void): HandlerSource {
  const { given, targets } = request;
  if (given.exec !== undefined || given["sh-exec"] !== undefined) {
    const flags = {
      ...(given.exec === undefined ? {} : { exec: given.exec }),
      ...(given["sh-exec"] === undefined ? {} : { sh: given["sh-exec"] }),
      ...(given["max-conns"] === undefined ? {} : { concurrency: given["max-conns"] }),
      // ncat's own flags say where it listens; programSource warns if other machines can reach the address.
      "allow-remote": true,
      // As in ncat, scripts may serve browsers.
      "allow-browsers": true,
      crlf: given.crlf === true,
      withNcatNames: true,
    } as const;
    return programSource(flags, (targets[0] as NcTarget).target, terminal);
  }
  if (given.chat === true) {
    return serviceSource(services.find(({ name }) => name === "chat") as ServiceEntry, {});
  }
  if (isForMany(request)) {
    return manyClients(request, terminal, ended);
  }
  const input = new SharedInput(terminal);
  let talked = Promise.resolve();
  return handled(
    (client) => {
      talked = relayAsNc(client, request, input, terminal).then(ended);
      return talked;
    },
    // The connection can be closed while received bytes still wait to be printed.
    () => talked,
  );
}

/** stdin goes to all clients, and what they send is printed as it comes, without a name, as with ncat. */
function manyClients(request: NcRequest, terminal: Terminal, ended: (exit: ExitName) => void): HandlerSource {
  const { given, sendsFin, gapMs } = request;
  const hub = new ClientHub(terminal, {
    crlf: given.crlf === true,
    hex: false,
    raw: false,
    anonymous: true,
    reporter: ncReporter(request, terminal),
    input: gapMs === undefined ? undefined : paced(terminal.input(), gapMs, systemClock),
    ends: {
      sends: given["recv-only"] !== true && given.d !== true,
      receives: given["send-only"] !== true,
      atInputEnd: sendsFin ? "fin" : "wait",
      quitMs: Infinity,
      halfCloseMs: Infinity,
    },
  });
  let input: Promise<void> | undefined;
  return handled(
    async (client) => {
      // stdin is read once there is a client.
      input ??= hub.sendInput().then((failure) => {
        if (failure !== undefined) ended("unmet");
      });
      // A reset ends one client, and is no failure of the server.
      await hub.join(client).catch(() => undefined);
      await client.close();
    },
    () => hub.printed(),
  );
}

function handled(handler: Handler<Uint8Array, Uint8Array>, end: () => Promise<void>): HandlerSource {
  return { name: "nc", options: {}, begin: (options) => serve(options, handler), end };
}

function sayWhere(server: Server, { verbosity, protocol, targets }: NcRequest, terminal: Terminal): void {
  const [bindTarget] = targets;
  if (bindTarget === undefined) return;
  const wasChosen = bindTarget.target.scheme === "tcp" && bindTarget.target.port === 0;
  if (verbosity === 0 && !wasChosen) return;
  for (const line of listeningOn(server.address, { protocol, name: bindTarget.name })) terminal.say(line);
}
