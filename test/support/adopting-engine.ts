/**
 * An engine whose wires have been detached: node:net reads and writes the sockets that another engine has opened.
 */
import { systemClock } from "../../src/base/clock.ts";
import { PortableWire } from "../../src/wire/portable/portable-wire.ts";
import { WireError, type Engine, type Wire } from "../../src/wire/index.ts";
import type { ListenerEvents } from "../../src/wire/wire.ts";

export function adoptingEngine(engine: Engine): Engine {
  return {
    ...engine,
    connect: async (address, options, signal) => adopted(await engine.connect(address, options, signal)),
    listen: (address, options, events) => engine.listen(address, options, adoptingEvents(events)),
    inherit: (fd, options, events) => engine.inherit(fd, options, adoptingEvents(events)),
  };
}

/** The wire over the same socket, of the portable engine's kind. */
async function adopted(wire: Wire): Promise<Wire> {
  const { local, remote, detach } = wire;
  if (detach === undefined) throw new Error("a wire without `detach`");
  return new PortableWire(await detach.call(wire), { local, remote }, systemClock);
}

function adoptingEvents(events: ListenerEvents): ListenerEvents {
  return {
    accepted(wire) {
      adopted(wire).then(
        (own) => {
          events.accepted(own);
        },
        (error: unknown) => {
          events.acceptFailed(new WireError("EUNKNOWN", "accept", error));
        },
      );
    },
    acceptFailed: (error) => {
      events.acceptFailed(error);
    },
  };
}
