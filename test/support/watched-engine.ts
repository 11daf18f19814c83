/**
 * An engine that is watched: whatever it and those above it do with a wire passes through here, and
 * what the seam does not allow (src/wire/wire.ts) is noted.
 */
import type { Engine, Listener, ListenerEvents, Wire, WireError, WireEvents } from "../../src/wire/index.ts";

export interface Watched {
  readonly engine: Engine;
  /** What broke the rules of the seam, on either side of it. */
  readonly faults: readonly string[];
  readonly open: number;
}

export function watchEngine(engine: Engine): Watched {
  const faults: string[] = [];
  const open = new Set<Wire>();
  const watch = (wire: Wire): Wire => {
    open.add(wire);
    return watchWire(
      wire,
      (fault) => faults.push(fault),
      () => open.delete(wire),
    );
  };
  const watched = instead(engine, {
    connect: async (...call: Parameters<Engine["connect"]>) => watch(await engine.connect(...call)),
    listen: (address, options, events: ListenerEvents): Promise<Listener> =>
      engine.listen(
        address,
        options,
        instead(events, { accepted: (wire: Wire) => events.accepted(watch(wire)) }),
      ),
  } satisfies Partial<Engine>);
  return {
    engine: watched,
    faults,
    get open() {
      return open.size;
    },
  };
}

function watchWire(wire: Wire, fault: (what: string) => void, over: () => void): Wire {
  let starting = false;
  let started = false;
  let full = false;
  let finished = false;
  let closeWire = false;
  let ended = false;
  let closed = false;
  const reported = (what: string): void => {
    if (starting) fault(`${what} during start`);
    if (closed) fault(`${what} after closed`);
    if (closeWire && what !== "closed") fault(`${what} after letting go`);
  };
  const asked = (what: string): void => {
    if (closed) fault(`${what}() after closed`);
    if (full) fault(`${what}() while full`);
    if (finished) fault(`${what}() after end()`);
  };
  const watchEvents = (events: WireEvents): WireEvents => ({
    bytes(view) {
      reported("bytes");
      if (ended) fault("bytes after the end");
      if (view.length === 0) fault("an empty view");
      events.bytes(view);
    },
    ended() {
      reported("ended");
      if (ended) fault("ended twice");
      ended = true;
      events.ended();
    },
    filled() {
      // Also in the middle of letting go, which first sends what was left to the end of the batch.
      if (starting || closed) reported("filled");
      full = true;
      events.filled?.();
    },
    drained() {
      reported("drained");
      if (!full) fault("drained, and was not full");
      if (wire.pendingBytes > 0) fault("drained with bytes pending");
      full = false;
      events.drained();
    },
    closed(error: WireError | undefined) {
      reported("closed");
      closed = true;
      over();
      events.closed(error);
    },
  });
  return instead(wire, {
    start(events) {
      if (started) fault("started twice");
      started = starting = true;
      wire.start(watchEvents(events));
      starting = false;
    },
    write(bytes) {
      asked("write");
      const taken = wire.write(bytes);
      full = !taken;
      return taken;
    },
    writeAll(pieces) {
      asked("writeAll");
      const taken = wire.writeAll(pieces);
      full = !taken;
      return taken;
    },
    end() {
      finished = true;
      wire.end();
    },
    close() {
      closeWire = true;
      wire.close();
    },
    abort() {
      closeWire = true;
      wire.abort();
    },
  } satisfies Partial<Wire>);
}

/** The same object, but for these members. */
function instead<Subject extends object>(subject: Subject, members: Partial<Subject>): Subject {
  return new Proxy(subject, {
    get(_, name) {
      if (name in members) return members[name as keyof Subject];
      // Its own fields are private, so its methods are called on itself.
      const member: unknown = Reflect.get(subject, name, subject);
      return typeof member === "function" ? (member.bind(subject) as unknown) : member;
    },
    set: (_, name, value) => Reflect.set(subject, name, value, subject),
  });
}
