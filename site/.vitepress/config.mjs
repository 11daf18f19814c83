/**
 * The site: the same Markdown files that the repository and the package hold, with a menu and a search that works offline.
 *
 * scripts/site.mjs copies the pages into pages/, where each README.md is the index.md of its folder, and checks what is built from them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const site = fileURLToPath(new URL("..", import.meta.url));
const pages = join(site, "pages");

// oxlint-disable-next-line import/no-default-export -- VitePress reads it.
export default {
  title: "Portcall",
  description: "Sockets for TypeScript: one library and one command.",
  srcDir: pages,
  outDir: join(site, "dist"),
  cacheDir: join(site, "cache"),
  metaChunk: true,
  // Raw HTML is not used in the pages, and `<host>` in a text is no element.
  markdown: { html: false, anchor: { slugify } },
  vite: { publicDir: false, build: { chunkSizeWarningLimit: 4_000 }, esbuild: { tsconfigRaw: {} } },
  themeConfig: {
    search: { provider: "local", options: { miniSearch: { options: { tokenize } } } },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/docs/guide/" },
      { text: "How to", link: "/docs/how-to/" },
      { text: "API", link: "/docs/reference/api/" },
      { text: "Reference", link: "/docs/reference/commands" },
      { text: "All pages", link: "/docs/" },
    ],
    sidebar: [
      section("Guide", "docs/guide"),
      section("How to", "docs/how-to"),
      section("Advice", "docs", [
        "from-python",
        "from-node-net",
        "from-socat",
        "troubleshooting",
        "faq",
        "security",
        "performance",
      ]),
      section("Explanation", "docs/explanation"),
      section("API", "docs/reference/api"),
      section("Reference", "docs/reference"),
      section("Reports", "docs", ["benchmarks", "reliability", "compatibility", "engines", "failures"]),
      section("Decisions", "docs/decisions"),
      section("Project", ".", ["examples/index", "CHANGELOG", "CONTRIBUTING", "ARCHITECTURE"]),
    ],
  },
};

/**
 * A part of the menu: the pages of a folder, its index first, or those that are named. Pages in folders of it are a part of their own.
 *
 * @param {string} text
 * @param {string} folder
 * @param {string[]} [names]
 * @returns {object}
 */
function section(text, folder, names) {
  const entries = names?.map((name) => `${name}.md`) ?? readdirSync(join(pages, folder)).toSorted(byName);
  const items = entries.flatMap((entry) => {
    const path = `${folder}/${entry}`.replace(/^\.\//, "");
    if (!entry.endsWith(".md")) return [];
    return [{ text: headingOf(path), link: `/${path.replace(/index\.md$/, "").replace(/\.md$/, "")}` }];
  });
  return { text, collapsed: true, items };
}

/**
 * @param {string} one
 * @param {string} other
 */
function byName(one, other) {
  if (one === "index.md" || other === "index.md") return one === "index.md" ? -1 : 1;
  return one < other ? -1 : 1;
}

/** @param {string} path */
function headingOf(path) {
  const heading = /^# (.+)$/m.exec(readFileSync(join(pages, path), "utf8"))?.[1] ?? path;
  return heading.replaceAll("`", "");
}

/**
 * Words for the search. `ServeOptions` is found by "serve options" too, and `tcp_info` by "info". The pages get this function
 * as text, so that it uses nothing from outside.
 *
 * @param {string} text
 */
function tokenize(text) {
  return text.split(/[^\p{L}\p{N}_]+/u).flatMap((word) => {
    const parts = word.split(/_+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u).filter((part) => part !== "");
    return parts.length > 1 ? [word, ...parts] : parts;
  });
}

/**
 * The anchor of a heading, as GitHub makes it, so that a link works in both places.
 *
 * @param {string} heading
 */
function slugify(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
