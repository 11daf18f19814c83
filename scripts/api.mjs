/**
 * `npm run api`: writes etc/portcall.api.md, the library's public face as one readable text, and beside it those of
 * the other entries, so that a change to them shows in the diff of the change that made it.
 *
 *     npm run api
 *     node scripts/api.mjs --check     writes nothing, and fails if a file is out of date
 *     node scripts/api.mjs --models    writes build/api/*.api.json alone, unless they are fresh: docs/reference/api is made from them
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "./checkout/compile.mjs";
import { filesUnder, root } from "./checkout/files.mjs";
import { install } from "./checkout/install.mjs";

const entries = [
  "portcall",
  "portcall-engine",
  "portcall-testing",
  "portcall-sockets",
  "portcall-direct-sockets",
];
const folder = join(root, "build/api");
const stampFile = join(folder, "models.stamp");

install();
const models = process.argv.includes("--models");
// A test that needs a model runs where everything is compiled already.
if (!models && !compile("library")) process.exit(1);

const stamp = fingerprint();
const fresh = existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;
if (!(models && fresh)) {
  // Loading it takes longer than all that is done when the models are fresh.
  const extractor = await import("@microsoft/api-extractor");
  extract(extractor, { reports: !models, write: !process.argv.includes("--check") });
}

/**
 * @param {typeof import("@microsoft/api-extractor")} extractor
 * @param {{ reports: boolean, write: boolean }} what
 */
function extract({ CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel }, { reports, write }) {
  // Several tests may do this at once; each has a folder of its own, and a model appears whole.
  const own = join(folder, `models-${process.pid}`);
  mkdirSync(own, { recursive: true });
  const configs = entries.map((entry) =>
    ExtractorConfig.prepare(configOf(ExtractorConfig, entry, join(own, `${entry}.api.json`), reports)),
  );
  const [first] = configs;
  if (first === undefined) return;
  const compilerState = CompilerState.create(first, {
    additionalEntryPoints: configs.map((config) => config.mainEntryPointFilePath),
  });
  for (const config of configs) {
    const { succeeded } = Extractor.invoke(config, {
      compilerState,
      localBuild: write,
      messageCallback: (message) => {
        message.handled =
          message.logLevel === ExtractorLogLevel.Verbose || message.logLevel === ExtractorLogLevel.Info;
      },
    });
    if (!succeeded) process.exitCode = 1;
  }
  for (const entry of entries) {
    renameSync(join(own, `${entry}.api.json`), join(folder, `${entry}.api.json`));
  }
  rmSync(own, { recursive: true });
  writeFileSync(stampFile, stamp);
}

/**
 * @param {typeof import("@microsoft/api-extractor").ExtractorConfig} ExtractorConfig
 * @param {string} entry
 * @param {string} model
 * @param {boolean} reports
 */
function configOf(ExtractorConfig, entry, model, reports) {
  const configObjectFullPath = join(root, `etc/${entry.replace("portcall", "api-extractor")}.json`);
  const configObject = ExtractorConfig.loadFile(configObjectFullPath);
  configObject.docModel = { enabled: true, apiJsonFilePath: model, includeForgottenExports: true };
  if (configObject.apiReport !== undefined) configObject.apiReport.enabled = reports;
  return { configObject, configObjectFullPath, packageJsonFullPath: join(root, "package.json") };
}

/** Of all that decides what the models hold. */
function fingerprint() {
  const hash = createHash("sha256");
  const causes = [
    ...filesUnder("etc").filter((file) => file.endsWith(".json")),
    "package-lock.json",
    "scripts/api.mjs",
  ];
  for (const file of [...filesUnder("dist").filter((name) => name.endsWith(".d.ts")), ...causes]) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}
