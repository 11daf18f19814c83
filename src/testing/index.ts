/// <reference types="node" preserve="true" />
/** `portcall/testing`: test tools for clients, servers and codecs. */
export { testCodec, type CodecContract, type DeclareTest } from "./codec-contract.ts";
export { openPair, type ConnectionPair, type PairOptions } from "./connection-pair.ts";
export { ExpectationError } from "./expectation.ts";
export { FakeClock } from "./fake-clock.ts";
export { watchLeaks, type LeakWatch } from "./leaks.ts";
export {
  connectPeer,
  listenPeer,
  ScriptedPeer,
  type ListeningPeer,
  type PeerOptions,
} from "./scripted-peer.ts";
export { simulateNetwork, type SimulatedNetwork } from "./simulated-network.ts";
