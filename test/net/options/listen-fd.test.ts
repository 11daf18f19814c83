/** Serving on an inherited descriptor: valid ones, other kinds of descriptors, and closing it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { createMemoryEngine, whyNoEpoll } from "../../../src/engine.ts";
import { connect, serve, type Address } from "../../../src/index.ts";
import { start, type Child } from "../../support/command.ts";
import { noPython } from "../../support/python.ts";
import { temporaryFolder } from "../../support/folder.ts";

const index = new URL("../../../src/index.js", import.meta.url).href;
const folder = temporaryFolder();

/** Makes descriptor 3 what is wanted, and becomes the program behind it. */
const handing = `
import os, socket, sys
what, place = sys.argv[1:3]
def stream(family, address):
    one = socket.socket(family)
    one.bind(address)
    return one
if what == "tcp": one = socket.create_server(("127.0.0.1", 0))
elif what == "ipv6": one = socket.create_server(("::1", 0), family=socket.AF_INET6)
elif what == "unix":
    one = stream(socket.AF_UNIX, place.replace("@", "\\0"))
    one.listen()
elif what == "bound": one = stream(socket.AF_INET, ("127.0.0.1", 0))
elif what == "datagrams": one = socket.socket(type=socket.SOCK_DGRAM)
elif what == "connected": one = socket.socketpair()[0]
elif what == "pipe": one = os.fdopen(os.pipe()[0])
elif what == "file": one = open("/etc/hostname")
elif what == "device": one = open("/dev/null")
os.dup2(one.fileno(), 3)
os.set_inheritable(3, True)
# The parent may hold it too.
if what == "tcp" and os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
os.execvp(sys.argv[3], sys.argv[3:])
`;

type Engine = "epoll" | "portable";

/** Runs a program that has `serve`, `engine` and the requested descriptor 3. */
function runWith(t: TestContext, what: string, engine: Engine, source: string, target = ""): Child {
  const program = `
    import { readdirSync, readFileSync, readlinkSync } from "node:fs";
    import { connect, serve } from ${JSON.stringify(index)};
    const engine = "${engine}";
    const say = (what) => console.log(JSON.stringify(what));
    const failed = (error) => say([error.name, error.code, error.stage, error.message]);
    ${source}`;
  const node = [process.execPath, "--input-type=module", "-e", program];
  return start(t, "python3", ["-c", handing, what, target, ...node]);
}

async function said(child: Child): Promise<unknown> {
  const [line] = await child.prints(/^.+$/m);
  return JSON.parse(line);
}

const echo = "async (client) => { for await (const chunk of client) await client.write(chunk); }";

function targetOf(address: Address): string {
  return address.family === "unix"
    ? `unix:${address.path}`
    : `${address.family === 6 ? `[${address.host}]` : address.host}:${address.port}`;
}

let names = 0;

for (const engine of ["epoll", "portable"] as const) {
  const skip = noPython || (engine === "epoll" ? whyNoEpoll() : process.platform !== "linux");

  describe(`a descriptor that was handed over, on the ${engine} engine`, { skip, timeout: 60_000 }, () => {
    for (const [what, target] of [
      ["tcp", ""],
      ["ipv6", ""],
      ["unix", () => join(folder, `socket-${++names}`)],
      ["unix", () => `@portcall-inherited-${process.pid}-${++names}`],
    ] as const) {
      const path = typeof target === "string" ? "" : target();
      test(`is served on, and its address known: ${what}${path.startsWith("@") ? ", abstract" : ""}`, async (t) => {
        const source = `const server = await serve({ fd: 3, engine }, ${echo}); say(server.address);`;
        const address = (await said(runWith(t, what, engine, source, path))) as Address;
        if (address.family === "unix") assert.equal(address.path, path);
        await using client = await connect(targetOf(address));
        await client.write("hello");
        await client.end();
        assert.equal(await client.readLine(), "hello");
        if (address.family !== "unix") assert.deepEqual({ ...client.remote }, address);
      });
    }

    test("a client that came before the server is served", async (t) => {
      const child = runWith(
        t,
        "tcp",
        engine,
        `
        const inode = readlinkSync("/proc/self/fd/3").slice("socket:[".length, -1);
        const sockets = readFileSync("/proc/net/tcp", "utf8").split("\\n").map((one) => one.trim().split(/[ :]+/));
        const port = parseInt(sockets.find((one) => one[13] === inode)[2], 16);
        const early = await connect("127.0.0.1:" + port, { engine });
        await early.write("early");
        await serve({ fd: 3, engine }, ${echo});
        await early.end();
        say(await early.readLine());`,
      );
      assert.equal(await said(child), "early");
    });

    test("is closed with the server, and never removed from where it is", async (t) => {
      const path = join(folder, `socket-${++names}`);
      const child = runWith(
        t,
        "unix",
        engine,
        `
        const server = await serve({ fd: 3, engine }, ${echo});
        await server.close();
        setImmediate(() => serve({ fd: 3, engine }, ${echo}).catch((error) => say(error.stage)));`,
        path,
      );
      assert.equal(await said(child), "listen");
      await assert.rejects(connect(`unix:${path}`), { code: "ECONNREFUSED" });
    });

    const nothing = "nothing is open there (EBADF) (fd)";
    const wrong: readonly (readonly [what: string, code: string, happened: string])[] = [
      ["pipe", "ENOTSOCK", "it is a pipe, not a listening socket (ENOTSOCK) (fd)"],
      ["file", "ENOTSOCK", "it is a file, not a listening socket (ENOTSOCK) (fd)"],
      ["device", "ENOTSOCK", "it is a device, such as a terminal, not a listening socket (ENOTSOCK) (fd)"],
      ["connected", "EINVAL", "it is a socket that does not listen (EINVAL) (fd)"],
      ...(engine === "epoll"
        ? ([
            ["datagrams", "EPROTOTYPE", "it is a datagram socket, not a listening one (EPROTOTYPE) (fd)"],
            ["bound", "EINVAL", "it is a socket that does not listen (EINVAL) (fd)"],
          ] as const)
        : ([["datagrams", "EINVAL", "it is a socket that does not listen (EINVAL) (fd)"]] as const)),
    ];
    for (const [what, code, happened] of wrong) {
      test(`is refused, with what it is: ${what}`, async (t) => {
        const child = runWith(t, what, engine, `await serve({ fd: 3, engine }, ${echo}).catch(failed);`);
        const expected = ["NetError", code, "listen", `listen descriptor 3: ${happened}`];
        assert.deepEqual(await said(child), expected);
      });
    }

    test("is refused where there is none", async (t) => {
      const child = runWith(t, "tcp", engine, `await serve({ fd: 999, engine }, ${echo}).catch(failed);`);
      assert.deepEqual(await said(child), [
        "NetError",
        "EBADF",
        "listen",
        `listen descriptor 999: ${nothing}`,
      ]);
    });
  });
}

describe("a descriptor on the epoll engine", { skip: noPython || whyNoEpoll(), timeout: 60_000 }, () => {
  test("is no longer watched when its server has closed, even if another process holds it open", async (t) => {
    const child = runWith(
      t,
      "tcp",
      "epoll",
      `
      const watched = () => readdirSync("/proc/self/fdinfo")
        .map((fd) => { try { return readFileSync("/proc/self/fdinfo/" + fd, "utf8"); } catch { return ""; } })
        .join("").split("tfd:").length;
      const server = await serve({ fd: 3, engine }, ${echo});
      const before = watched();
      await server.close();
      say(before - watched());`,
    );
    assert.equal(await said(child), 1);
  });

  test("belongs to one server: another one fails with EADDRINUSE", async (t) => {
    const child = runWith(
      t,
      "tcp",
      "epoll",
      `
      await serve({ fd: 3, engine }, ${echo});
      await serve({ fd: 3, engine }, ${echo}).catch(failed);`,
    );
    const happened = "a server listens on it already (EADDRINUSE) (fd)";
    assert.deepEqual(await said(child), [
      "NetError",
      "EADDRINUSE",
      "listen",
      `listen descriptor 3: ${happened}`,
    ]);
  });
});

describe("what cannot be with a descriptor is a TypeError", () => {
  const engine = createMemoryEngine();
  for (const [options, message] of [
    [{ fd: -1 }, "fd: -1 is not a whole number of 0 or more"],
    [{ fd: 1.5 }, "fd: 1.5 is not a whole number of 0 or more"],
    [{ fd: 3, engine }, "fd: the memory engine has no such option"],
    [{ fd: 3, port: 80 }, "port: the descriptor 3 (fd) is bound already; leave one of them out"],
    [{ fd: 3, path: "/tmp/a" }, "path: the descriptor 3 (fd) is bound already; leave one of them out"],
    [{ fd: 3, ipv6Only: true }, "ipv6Only: the descriptor 3 (fd) is bound already; leave one of them out"],
  ] as const) {
    test(message, async () => {
      await assert.rejects(
        serve(options, () => undefined),
        { name: "TypeError", message },
      );
    });
  }
});
