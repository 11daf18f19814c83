/** What the guide and the README show; shown-pages.ts says how it is run. */
import { guidePages } from "./project.ts";
import { testPages } from "./shown-pages.ts";

testPages("the guide", guidePages);
