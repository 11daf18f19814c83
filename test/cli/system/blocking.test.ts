/**
 * A pipe that other programs share with us stays as it was for them.
 */
import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { noPython, notLinux, unless } from "../../failures/support/needs.ts";
import { commandPath, start } from "../../support/command.ts";

/** Runs the command with the same pipe as stdin and another as stdout and stderr, and says what is non-blocking after. */
const program = `
import fcntl, os, signal, subprocess, sys
pipes = [os.pipe(), os.pipe(), os.pipe()]
child = subprocess.Popen(sys.argv[1:], stdin=pipes[0][0], stdout=pipes[1][1], stderr=pipes[2][1])
for line in sys.stdin:
    child.send_signal(int(line))
os.close(pipes[0][1])
child.wait()
for name, fd in ("stdin", pipes[0][0]), ("stdout", pipes[1][1]), ("stderr", pipes[2][1]):
    if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK:
        print(name, "is non-blocking")
print("done")
`;

/** A server that sends something and ends, or stays. */
async function server(t: TestContext, ends: boolean): Promise<{ port: string; met: Promise<unknown> }> {
  const listener = net.createServer((socket) => {
    socket.on("error", () => undefined);
    if (ends) socket.end("hello\n");
    else socket.write("hello\n");
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.after(() => listener.close());
  return { port: String((listener.address() as net.AddressInfo).port), met: once(listener, "connection") };
}

for (const words of [["connect"], ["nc"]]) {
  test(
    `${words.join(" ")} that has seen the end of the peer gives its pipes back as blocking`,
    unless(notLinux, noPython),
    async (t) => {
      const { port } = await server(t, true);
      const args = ["-c", program, process.execPath, commandPath, ...words, "127.0.0.1", port];
      const child = start(t, "python3", args);
      child.end();
      assert.equal(await child.code(), 0);
      assert.equal(child.stdout, "done\n");
    },
  );

  test(
    `${words.join(" ")} that a signal ends gives its pipes back as blocking`,
    unless(notLinux, noPython),
    async (t) => {
      const { port, met } = await server(t, false);
      const args = ["-c", program, process.execPath, commandPath, ...words, "127.0.0.1", port];
      const child = start(t, "python3", args);
      await met;
      child.end("2\n");
      assert.equal(await child.code(), 0);
      assert.equal(child.stdout, "done\n");
    },
  );
}
