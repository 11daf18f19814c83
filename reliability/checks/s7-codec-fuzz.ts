/** S7: every codec, on random streams under random cuts, and on short ones under every cut. */
import { tested } from "../tested.ts";

const runs = 10_000;

export const codecFuzz = tested({
  name: "S7",
  title: "codecs on random streams under random cuts",
  how:
    `The tests of test/contract/codec, with ${runs} random streams a test and codec (in the quick form 300). A stream is made of valid pieces, of ` +
    "bytes that mean something to the framing and of any bytes. Messages, errors and the end must be those of the whole stream, however it is " +
    "cut. Nothing but a CodecError may be thrown, and no more bytes than the limit and its framing may wait for their rest. Short streams are cut " +
    "in all of their 2^(n-1) ways.",
  files: ["contract/codec"],
  testsMin: 550,
  environment: ({ quick }) => ({ PORTCALL_CODEC_RUNS: String(quick ? 300 : runs) }),
});
