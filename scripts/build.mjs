/** `npm run build`: installs what is missing, then compiles everything that changed (see checkout/compile.mjs). */
import { compile } from "./checkout/compile.mjs";
import { install } from "./checkout/install.mjs";

install();
if (!compile("library", "everything")) process.exit(1);
