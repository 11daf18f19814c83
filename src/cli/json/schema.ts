/**
 * The published schema of `--json`, derived from the same shapes that print it.
 */
import { eventSchemas } from "./events.ts";
import { reportShape } from "./report-shape.ts";
import type { Schema } from "./shapes.ts";

const dialect = "https://json-schema.org/draft/2020-12/schema";

export function reportSchema(): Schema {
  return { $schema: dialect, title: "portcall --json", ...reportShape.schema };
}

/** The schema of one line of `--json=stream`: an event, or the report as the last line. */
export function streamSchema(): Schema {
  return {
    $schema: dialect,
    title: "a line of portcall --json=stream",
    oneOf: [...eventSchemas().values(), reportShape.schema],
  };
}
