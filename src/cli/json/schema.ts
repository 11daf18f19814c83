/**
 * The published schema of `--json`: made of the same shapes that print it.
 */
import { eventSchemas } from "./events.ts";
import { reportShape } from "./report-shape.ts";
import type { Schema } from "./shapes.ts";

const dialect = "https://json-schema.org/draft/2020-12/schema";

/** What `--json` prints: the report. */
export function reportSchema(): Schema {
  return { $schema: dialect, title: "portcall --json", ...reportShape.schema };
}

/** What each line of `--json=stream` is: an event, or the report as the last one. */
export function streamSchema(): Schema {
  return {
    $schema: dialect,
    title: "a line of portcall --json=stream",
    oneOf: [...eventSchemas().values(), reportShape.schema],
  };
}
