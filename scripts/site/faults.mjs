/**
 * What is wrong with a built site: links and anchors that lead nowhere, files that come from another host, a search without an index.
 *
 * The generator fails for links to pages that do not exist. It follows no anchors, and no links to other files.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";

/**
 * @param {string} site its folder
 * @returns {string[]} one line each
 */
export function faultsOf(site) {
  const files = readdirSync(site, { recursive: true, encoding: "utf8" }).map((file) =>
    file.replaceAll("\\", "/"),
  );
  const pages = files.filter((file) => file.endsWith(".html"));
  /** @type {Map<string, { text: string, anchors: Set<string> }>} */
  const read = new Map(
    pages.map((page) => {
      const text = readFileSync(join(site, page), "utf8");
      return [
        page,
        { text, anchors: new Set(Array.from(text.matchAll(/\sid="([^"]+)"/g), ([, id = ""]) => id)) },
      ];
    }),
  );
  const index = files.find((file) => file.includes("localSearchIndex") && file.endsWith(".js"));
  const faults =
    index !== undefined && statSync(join(site, index)).size > 10_000 ? [] : ["the search has no index"];
  for (const [page, { text }] of read) {
    if (page === "404.html") continue;
    for (const [, name, address = ""] of text.matchAll(/\s(href|src)="([^"]*)"/g)) {
      if (/^[a-z][a-z0-9+.-]*:|^\/\//.test(address)) {
        // A link may lead to another host. What the page itself needs may not.
        if (name === "src" || /<link [^>]*href="$/.test(text.slice(0, text.indexOf(`"${address}"`) + 1)))
          faults.push(`${page}: needs ${address} of another host`);
        continue;
      }
      const [path = "", anchor] = decodeURIComponent(address).split("#");
      const target = fileOf(site, page, path);
      if (target === undefined) faults.push(`${page}: leads to ${path}, which does not exist`);
      else if (anchor && read.has(target) && !read.get(target)?.anchors.has(anchor))
        faults.push(`${page}: leads to ${address}, where there is no such heading`);
    }
  }
  return [...new Set(faults)];
}

/**
 * The file that a server sends for a path, as VitePress's own and every static host does.
 *
 * @param {string} site
 * @param {string} page
 * @param {string} path
 */
function fileOf(site, page, path) {
  if (path === "") return page;
  const from = path.startsWith("/") ? path.slice(1) : posix.join(dirname(page), path);
  const target = posix.normalize(from === "" ? "." : from);
  const candidates = [target, `${target}.html`, posix.join(target, "index.html")];
  return candidates.find((file) => existsSync(join(site, file)) && statSync(join(site, file)).isFile());
}
