/** The programs of all pages on a Node that runs TypeScript without compiling: `node client.ts`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { groupsOf } from "./blocks.ts";
import { newerNode, onNewerNode, withNewerNode } from "./newer-node.ts";
import { createProject, pages, type Project } from "./project.ts";
import { runGroup, withNeeds } from "./shown-pages.ts";
import { unvarying } from "./transcript.ts";

// One entry for all of it, which is skipped as a whole.
test("the programs of the pages run on a newer Node without compiling", newerNode.needs, async (t) => {
  const project: Project = await createProject(pages);
  t.after(() => project.remove());
  for (const page of pages) {
    const groups = groupsOf(readFileSync(page, "utf8")).map((group) => group.map(onNewerNode));
    const chosen = groups.filter((blocks) => blocks.some(({ text }) => /\b(node|openssl) /.test(text)));
    for (const [group, needed] of withNeeds(chosen)) {
      await t.test(`${page}, line ${group[0]?.line}`, needed, async (groupTest) => {
        const outputs = await runGroup(groupTest, project, group, page, await withNewerNode(project));
        assert.deepEqual(
          outputs.map((output) => unvarying(project.withShownPorts(output))),
          group.map(({ text }) => unvarying(text)),
        );
      });
    }
  }
});
