/** Does the addon compile without a warning? Skipped where it cannot be compiled. */
import { cc, whyNot } from "../checkout/addon.mjs";
import { filesUnder } from "../checkout/files.mjs";

if (process.platform === "linux" && whyNot() === undefined) {
  const sources = filesUnder("native").filter((file) => file.endsWith(".c"));
  const { ok, output } = cc("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", ...sources);
  if (!ok) process.stderr.write(output);
  process.exitCode = ok ? 0 : 1;
}
