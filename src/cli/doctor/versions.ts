/**
 * The versions of portcall, Node and the system, and what they allow.
 */
import { createRequire } from "node:module";
import { arch, platform, release } from "node:os";
import { denials } from "../system/permissions.ts";
import { note, ok, type Finding } from "../json/finding.ts";

/** This program, the runtime and the system. */
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

/** What `node --permission` denies; nothing if it is not in force. */
function permissions(): Finding[] {
  const denied = denials();
  if (denied.length === 0) return [];
  return [note("permissions", `Node's permission model denies ${denied.join("; ")}`)];
}

/** Whether `serve ./handler.ts` loads without a compiler. */
function typeScript(): Finding {
  const module = createRequire(import.meta.url)("node:module") as { stripTypeScriptTypes?: unknown };
  return typeof module.stripTypeScriptTypes === "function"
    ? ok("TypeScript", "handler files (serve ./handler.ts) load without a compiler")
    : note("TypeScript", "this Node cannot load .ts handler files: write .js, or use Node 22.18 or newer");
}
