// What each project does, whatever runs it. The names of portcall that it uses are imported or required before it.

const folder = process.argv[2] ?? ".";

/** Each one is a promise of the library, kept or broken. */
const checks = {
  /** A server and a client of lines, both with `for await`. */
  async lines() {
    const server = await serve({ port: 0, codec: lines() }, async (client) => {
      for await (const line of client) await client.send(line.toUpperCase());
    });
    const client = await connect(formatAddress(server.address), { codec: lines() });
    await client.send("one");
    await client.send("two");
    await client.end();
    const heard = [];
    for await (const line of client) heard.push(line);
    await client.close();
    await server.close();
    equal(heard.join(), "ONE,TWO");
  },
  /** The peer answers, and ends, after our own end. */
  async halfClose() {
    const server = await serve({ port: 0 }, async (client) => {
      let bytes = 0;
      for await (const chunk of client) bytes += chunk.length;
      await client.write(String(bytes));
    });
    const client = await connect(formatAddress(server.address));
    await client.write("hello");
    await client.end();
    let answer = "";
    for await (const chunk of client) answer += new TextDecoder().decode(chunk);
    await client.close();
    await server.close();
    equal(answer, "5");
  },
  /** A connection that is refused is an error with a code. */
  async errors() {
    const server = await serve({ port: 0 }, () => undefined);
    const address = formatAddress(server.address);
    await server.close();
    const error = await connect(address).catch((reason) => reason);
    equal(error instanceof NetError, true);
    equal(error.code, "ECONNREFUSED");
  },
  async unix() {
    const server = await serve({ path: `${folder}/s-${process.pid}` }, (client) => client.write("unix"));
    const client = await connect(formatAddress(server.address));
    equal(new TextDecoder().decode(await client.readExactly(4)), "unix");
    await client.close();
    await server.close();
  },
  async datagrams() {
    const socket = await bindUdp({ port: 0 });
    const peer = await connectUdp(formatAddress(socket.address));
    await peer.send("ping");
    for await (const { bytes, from } of socket) {
      await socket.sendTo(bytes, from);
      break;
    }
    for await (const answer of peer) {
      equal(new TextDecoder().decode(answer.bytes ?? answer), "ping");
      break;
    }
    await peer.close();
    await socket.close();
  },
};

function equal(actual, expected) {
  if (actual !== expected) throw new Error(`got ${String(actual)}, not ${String(expected)}`);
}

/** The outcome of each check: "ok", or what went wrong. */
async function runChecks() {
  const outcomes = {};
  for (const [name, check] of Object.entries(checks)) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("no answer in 5 s")), 5000);
    });
    outcomes[name] = await Promise.race([check(), late]).then(
      () => "ok",
      (error) => error.message.split("\n")[0],
    );
    clearTimeout(timer);
  }
  return { engine: engineName(), whyNot: whyNoEpoll(), outcomes };
}

/** The engine that is used unless one is asked for. */
function engineName() {
  return chooseEngine(process.env.PORTCALL_ENGINE || "auto").name;
}
