/** Several targets in one line: ranges and lists, in the order in which they stand there. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatTarget } from "../../../src/base/address/address.ts";
import { portOfService } from "../../../src/cli/args/service-names.ts";
import { areSeveral, readTargets } from "../../../src/cli/args/targets.ts";
import { UsageError } from "../../../src/cli/usage.ts";

const rows: readonly (readonly [line: string, targets: string])[] = [
  ["h 80", "h:80"],
  ["h:80", "h:80"],
  ["h 20-22 80 443", "h:20 h:21 h:22 h:80 h:443"],
  ["h 22,80-81", "h:22 h:80 h:81"],
  ["h 443 20-21", "h:443 h:20 h:21"],
  ["h 80-80", "h:80"],
  ["h 80 79-81 80", "h:80 h:79 h:81"],
  ["a:80 b:443", "a:80 b:443"],
  ["a:80-81 b:443,444", "a:80 a:81 b:443 b:444"],
  ["::1 80 81", "[::1]:80 [::1]:81"],
  ["[::1] 80-81", "[::1]:80 [::1]:81"],
  ["[::1]:80-81 127.0.0.1:7", "[::1]:80 [::1]:81 127.0.0.1:7"],
  ["tcp://h:80,81 unix:/run/a.sock", "h:80 h:81 unix:/run/a.sock"],
  ["unix:/run/a:1-2", "unix:/run/a:1-2"],
];

/** Where the system has a table of services with these names in it. */
const namedRows: typeof rows = [
  ["h ssh", "h:22"],
  ["h ssh http 20-22", "h:22 h:80 h:20 h:21"],
  ["h ssh,80 ftp-data", "h:22 h:80 h:20"],
  ["h:ssh,http", "h:22 h:80"],
  ["h:ftp-data", "h:20"],
  ["h:ftp-ssh", "h:21 h:22"],
  ["h ftp-data-ftp", "h:20 h:21"],
  ["h 21-ssh", "h:21 h:22"],
  ["[::1]:ftp-ssh a:http", "[::1]:21 [::1]:22 a:80"],
  ["::1 ssh", "[::1]:22"],
  ["udp://h:domain,tftp", "udp://h:53 udp://h:69"],
  ["my-host:http", "my-host:80"],
  ["my-host http", "my-host:80"],
];

const missing = ["ssh", "http", "ftp", "ftp-data"].find((name) => portOfService(name, "tcp") === undefined);

describe(
  "the targets of a line by service name",
  {
    skip: missing !== undefined && `/etc/services has no ${missing}`,
  },
  () => {
    for (const [line, targets] of namedRows) {
      test(line, () => {
        const read = readTargets(line.split(" "), {}).map(formatTarget);
        assert.equal(read.join(" "), targets);
        assert.equal(areSeveral(line.split(" "), {}), read.length > 1);
      });
    }

    test("are those of the protocol", () => {
      const read = readTargets(["h", "tftp", "domain"], { udp: true }).map(formatTarget);
      assert.deepEqual(read, ["udp://h:69", "udp://h:53"]);
      assert.throws(() => readTargets(["h", "tftp"], {}), {
        name: "UsageError",
        message:
          'ports "tftp": no such service: "tftp" is neither a port number nor a TCP service in /etc/services; it is UDP port 69',
      });
    });

    test("are refused, if there is no such service", () => {
      for (const line of ["h SSH", "h nosuch", "h:nosuch", "h:ssh,nosuch", "h ssh-nosuch", "h nosuch-data"])
        assert.throws(() => readTargets(line.split(" "), {}), {
          name: "UsageError",
          message: /no such service: "/,
        });
    });
  },
);

describe("the targets of a line", () => {
  for (const [line, targets] of rows) {
    test(line, () => {
      const read = readTargets(line.split(" "), {}).map(formatTarget);
      assert.equal(read.join(" "), targets);
      assert.equal(areSeveral(line.split(" "), {}), read.length > 1);
    });
  }

  test("are paths with -U", () => {
    const read = readTargets(["/run/a:1-2", "b"], { unix: true }).map(formatTarget);
    assert.deepEqual(read, ["unix:/run/a:1-2", "unix:b"]);
  });

  test("are all ports there are, if asked for", () => {
    assert.equal(readTargets(["h", "1-65535"], {}).length, 65_535);
  });

  test("that cannot be read are refused, and are not several", () => {
    for (const line of ["h 80 x", "h", "h:1 h", "h 2-1"]) {
      assert.throws(() => readTargets(line.split(" "), {}), UsageError);
      assert.equal(areSeveral(line.split(" "), {}), false);
    }
  });
});
