/**
 * What runs here, and what of it this program can use.
 */
import { createRequire } from "node:module";
import { arch, platform, release } from "node:os";
import { denials } from "../system/permissions.ts";
import { note, ok, type Finding } from "../json/finding.ts";

/** This program, the runtime below it and the system below that. */
export function versions(own: string): Finding[] {
  return [
    ok("portcall", own),
    ok("runtime", runtime()),
    ok("system", `${platform()} ${release()} ${arch()}`),
    ...permissions(),
    typeScript(),
  ];
}

function runtime(): string {
  const { versions: of } = process;
  const name = of["bun"] === undefined ? (of["deno"] === undefined ? "Node" : "Deno") : "Bun";
  return `${name} ${of[name.toLowerCase()] ?? of.node}`;
}

/** What `node --permission` denies; nothing is said where it is not in force. */
function permissions(): Finding[] {
  const denied = denials();
  if (denied.length === 0) return [];
  return [note("permissions", `Node's permission model denies ${denied.join("; ")}`)];
}

/** Whether `serve ./handler.ts` can be loaded as it is. */
function typeScript(): Finding {
  const module = createRequire(import.meta.url)("node:module") as { stripTypeScriptTypes?: unknown };
  return typeof module.stripTypeScriptTypes === "function"
    ? ok("TypeScript", "handler files (serve ./handler.ts) are loaded as they are")
    : note("TypeScript", "this Node loads no .ts handler files: write .js, or use Node 22.18 or newer");
}
