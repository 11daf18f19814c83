/**
 * What a handler file exports, told apart by what it is.
 */
import type { Codec } from "../../../codec/index.ts";
import type { Handler, RawHandler, ServeOptions } from "../../../net/index.ts";
import { FileError } from "../../usage.ts";

/** What `serve` of the library takes. */
export interface Exported {
  readonly options: ServeOptions<unknown, unknown>;
  readonly codec: Codec<unknown> | undefined;
  readonly handler: Handler<unknown, unknown> | RawHandler;
}

type Exports = Readonly<Record<string, unknown>>;

/**
 * A function or a raw handler as the default export, with the named export `options`
 * beside it if there is one; or `{ options, handler }`, as the default or by these names.
 *
 * @throws {FileError} for anything else.
 */
export function readExports(module: unknown, file: string): Exported {
  const own = module as Exports;
  // What a compiler makes of `export default` in CommonJS stands one step deeper.
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
    throw new FileError(`${file}: options is no object, but ${String(options)}`);
  }
  const { codec, ...rest } = options as ServeOptions<unknown, unknown>;
  return { options: rest, codec, handler };
}

function isHandler(value: unknown): value is Exported["handler"] {
  return typeof value === "function" || typeof (value as RawHandler | null | undefined)?.bytes === "function";
}
