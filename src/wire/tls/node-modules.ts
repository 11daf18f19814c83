/**
 * Node's TLS and its certificates, loaded at their first use: they make a program start about 15 ms later.
 */
import type crypto from "node:crypto";
// Not imported by name: webpack would take the calls for requires of its own, and warn that it cannot follow them.
import nodeModule from "node:module";
import type tls from "node:tls";

const requireFrom = nodeModule.createRequire("/");

export function nodeTls(): typeof tls {
  return requireFrom("node:tls") as typeof tls;
}

export function nodeCrypto(): typeof crypto {
  return requireFrom("node:crypto") as typeof crypto;
}
