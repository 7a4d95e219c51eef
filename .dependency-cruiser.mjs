// The doors between the rooms: what may import what. dependency-cruiser sees `import()`, types and the package's
// references to itself (tsrpcgen/xdr), which resolve to dist, or to nothing where dist is not built.

/** Matches modules of `src/` at each path they can be seen at. */
const src = (rooms) => `^(dist/)?src/${rooms}`;

/** A reference of the package to itself, not resolved. */
const self = "^tsrpcgen(-runtime)?(/|$)";

const forbid = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

/** Modules of one room may import modules of these rooms and no others; Node's modules and packages apart. */
const only = (name, comment, room, allowed) =>
  forbid(
    name,
    comment,
    { path: room },
    { path: `^(dist/)?(src|grammar|test|examples|scripts)/|${self}`, pathNot: allowed },
  );

/** Codegen's stages, the last first. A stage may import those after it in this list, never those before. */
const stages = ["cli", "emit", "model", "check", "resolve", "build-ast", "ast"];

export default {
  forbidden: [
    forbid(
      "no-cycles",
      "a cycle of imports makes the order of loading matter; types alone do no harm",
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    ),
    forbid("resolvable", "an import that resolves to nothing", {}, { couldNotResolve: true, pathNot: self }),

    forbid("xdr-imports-nothing", "xdr runs in a browser too", { path: src("xdr/") }, { pathNot: src("xdr/") }),
    only("runtime-doors", "runtime → xdr", src("runtime/(?!transport/)"), [src("(runtime|xdr)/")]),
    only("transport-doors", "transports → ipc, for the addon", src("runtime/transport/"), [src("(runtime|xdr|ipc)/")]),
    only("portmapper-doors", "portmapper → runtime → xdr", src("portmapper/"), [src("(portmapper|runtime|xdr)/")]),
    only("opentelemetry-doors", "opentelemetry → runtime", src("opentelemetry/"), [src("(opentelemetry|runtime)/")]),
    only("ipc-doors", "ipc → native", src("ipc/"), [src("ipc/")]),
    only("codegen-doors", "codegen knows nothing of what runs", src("codegen/"), [
      src("codegen/"),
      "^(dist/)?grammar/",
    ]),
    only("grammar-doors", "grammar stands alone", "^(dist/)?grammar/", ["^(dist/)?grammar/"]),
    only("examples-are-users", "an example imports what a user does", "^(dist/)?examples/", [
      "^(dist/)?examples/",
      src(""),
      self,
    ]),
    forbid(
      "examples-by-name",
      "an example imports the package by its name",
      { path: "^examples/" },
      { path: "^src/", dependencyTypes: ["local"] },
    ),
    only("src-is-not-its-tests", "what ships imports no tests", src(""), [src(""), "^(dist/)?grammar/", self]),

    ...stages
      .slice(1)
      .map((stage, index) =>
        forbid(
          `codegen-stages-${stage}`,
          `${stages.join(" → ")}`,
          { path: src(`codegen/${stage}(/|\\.|-)`) },
          { path: src(`codegen/(${stages.slice(0, index + 1).join("|")})(/|\\.)`) },
        ),
      ),
    forbid(
      "commands-are-ends",
      "nothing imports a command",
      { path: src(""), pathNot: src("\\w+/cli/") },
      { path: src("\\w+/cli/") },
    ),
    forbid(
      "gen-imports-public-names",
      "generated → xdr and runtime, and its own modules",
      { path: src(".*/gen/") },
      { path: ".", pathNot: [src("(xdr|runtime)/index\\.[jt]s$"), src(".*/gen/[^/]+$")] },
    ),
    forbid(
      "one-user-of-ts-morph",
      "only emit/module.ts prints",
      { path: src(""), pathNot: src("codegen/emit/module\\.") },
      { path: "node_modules/ts-morph/|^ts-morph$" },
    ),
    forbid(
      "one-door-to-native",
      "the addon is optional: only these know of it",
      { path: src(""), pathNot: src("ipc/addon\\.") },
      { path: "^native/|\\.node$|node-gyp-build" },
    ),
    forbid(
      "generator-packages",
      "an installation that only runs generated code has none of these",
      { path: src("(xdr|runtime|portmapper|ipc)/") },
      { path: "node_modules/(chevrotain|ts-morph|prettier|typescript)/" },
    ),
    forbid(
      "one-command-logs",
      "only tsrpcbind logs and serves metrics: what a program of users loads has neither package",
      { path: src(""), pathNot: src("portmapper/cli/") },
      { path: "node_modules/(pino|prom-client)/" },
    ),
    forbid(
      "installed-with-the-package",
      "what ships imports no development dependency",
      { path: `${src("")}|^grammar/` },
      // A peer that its users bring along is a development dependency here, for the tests.
      { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["npm-peer"] },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "(^|/)(dist|node_modules)/" },
    exclude: { path: "^(native/build|test/golden)/" },
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["types", "import", "node", "default"] },
  },
};
