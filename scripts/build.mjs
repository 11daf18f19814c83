/** `npm run build`: installs what is missing, then compiles everything that changed (see checkout/compile.mjs and addon.mjs). */
import { buildAddon } from "./checkout/addon.mjs";
import { compile } from "./checkout/compile.mjs";
import { install } from "./checkout/install.mjs";

install();
const built = buildAddon();
if (!compile("library", "everything") || !built) process.exit(1);
