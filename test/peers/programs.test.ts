import assert from "node:assert/strict";
import { test } from "node:test";
import { isHere, nc, required } from "./peers.ts";

test(
  "where peers are required, none is missing",
  { skip: !required && "only with PORTCALL_PEERS=required" },
  () => {
    const missing = [
      "telnet",
      nc,
      "ncat",
      "socat",
      "curl",
      "python3",
      "microsocks",
      "danted",
      "tinyproxy",
      "ssh",
      "sshd",
    ].filter((program) => !isHere(program));
    assert.deepEqual(missing, []);
  },
);
