/** The contract of wires, for sockets that one engine has opened and node:net has taken over. */
import { join } from "node:path";
import { tcpAddress } from "../../src/base/address/address.ts";
import { chooseEngine } from "../../src/wire/index.ts";
import { adoptingEngine } from "../support/adopting-engine.ts";
import { temporaryFolder } from "../support/folder.ts";
import { socketEngines } from "../support/native-engines.ts";
import { testWire } from "./wire.ts";

const folder = temporaryFolder();
let names = 0;

for (const { name, whyNot } of socketEngines) {
  testWire({
    name: `${name}, adopted by node:net,`,
    createEngine: () => adoptingEngine(chooseEngine(name)),
    addresses: [
      {
        name: "IPv4",
        address: () => tcpAddress("127.0.0.1", 0),
        elsewhere: tcpAddress("192.0.2.1", 0),
        skip: whyNot,
      },
      {
        name: "a Unix path",
        address: () => ({ family: "unix", path: join(folder, `${name}-${++names}`) }),
        skip: whyNot,
      },
    ],
  });
}
