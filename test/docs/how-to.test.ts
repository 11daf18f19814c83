/** What the how-to pages show; shown-pages.ts says how it is run. */
import { howToPages } from "./project.ts";
import { testPages } from "./shown-pages.ts";

testPages("the how-to pages", howToPages);
