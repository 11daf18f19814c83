/**
 * Reads the exports of a handler file.
 */
import type { Codec } from "../../../codec/index.ts";
import type { Handler, RawHandler, ServeOptions } from "../../../net/index.ts";
import { FileError } from "../../usage.ts";

export interface Exported {
  readonly options: ServeOptions<unknown, unknown>;
  readonly codec: Codec<unknown> | undefined;
  readonly handler: Handler<unknown, unknown> | RawHandler;
}

type Exports = Readonly<Record<string, unknown>>;

/**
 * Accepts a function or a raw handler as the default export, with an optional named export `options`. Also accepts `{
 * options, handler }`, as the default export or as named exports.
 *
 * @throws {FileError} for anything else.
 */
export function readExports(module: unknown, file: string): Exported {
  const own = module as Exports;
  // In CommonJS, compilers put `export default` one level deeper.
  const compiled = own["default"] as Exports | undefined;
  const exports = compiled?.["__esModule"] === true ? compiled : own;
  const chosen = (exports["default"] ?? exports) as Exports;
  const named = isHandler(chosen) ? { handler: chosen, options: exports["options"] } : chosen;
  const { handler, options = {} } = named;
  if (!isHandler(handler)) {
    throw new FileError(
      `${file} exports no handler: write export default async (client) => …, ` +
        "an object with a function bytes, or { options, handler }",
    );
  }
  if (typeof options !== "object" || options === null) {
    throw new FileError(`${file}: options is ${String(options)}, not an object`);
  }
  const { codec, ...rest } = options as ServeOptions<unknown, unknown>;
  return { options: rest, codec, handler };
}

function isHandler(value: unknown): value is Exported["handler"] {
  return typeof value === "function" || typeof (value as RawHandler | null | undefined)?.bytes === "function";
}
