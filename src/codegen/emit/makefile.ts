/** The makefile template: rules that run tsrpcgen and the compiler. */

/** What a makefile is about. */
export interface MakefileInput {
  /** The `.x` file, from the makefile's folder. */
  readonly source: string;
  /** The source's name without folder and extension: `date`. */
  readonly stem: string;
  /** Whether it has a program: clients and servers. */
  readonly program: boolean;
  /** Whether the dispatch table is wanted. */
  readonly table: boolean;
  /** Whether clients that block are wanted. */
  readonly sync: boolean;
  /** Import prefix of the library; undefined for the default. */
  readonly runtime: string | undefined;
}

/** The makefile's text. A name is written so that neither make nor the shell can take it for anything else. */
export function makefileText({ source, stem, program, table, sync, runtime }: MakefileInput): string {
  const module = (suffix: string): string => `${word(stem)}${suffix}.ts`;
  const targets = [module(""), ...(program ? [module("_clnt"), module("_svc")] : [])];
  if (program && table) targets.push(module("_tbl"));
  const samples = program ? [module("_client"), module("_server")] : [];
  const flags = [
    ...(source.includes("/") ? ["-o ."] : []),
    ...(program && table ? ["-T"] : []),
    ...(program && sync ? ["--sync"] : []),
    ...(runtime === undefined || runtime !== word(runtime) ? [] : [`--runtime ${runtime}`]),
  ];
  return `# Makefile template written by tsrpcgen from ${word(source)}. It is yours to change.
# make -f ${word(`Makefile.${stem}`)}

# Parameters

SOURCES.x = ${word(source)}
TARGETS = ${targets.join(" ")}
SOURCES.ts = ${samples.join(" ")}

TSRPCGEN = npx tsrpcgen
TSRPCGENFLAGS = ${flags.join(" ")}
TSC = npx tsc
# A tsconfig.json says what to compile, and how; where there is none, this does.
TSCFLAGS = $(if $(wildcard tsconfig.json),--project .,--target ES2022 --module NodeNext --types node --strict $(TARGETS) $(SOURCES.ts))

# Targets

all: $(TARGETS)
	$(TSC) $(TSCFLAGS)

$(TARGETS): $(SOURCES.x)
	$(TSRPCGEN) $(TSRPCGENFLAGS) $(SOURCES.x)

clean:
	$(RM) $(TARGETS) $(TARGETS:.ts=.js) $(SOURCES.ts:.ts=.js)

.PHONY: all clean
`.replace(/ +$/gm, "");
}

/** `?` matches the character that it stands for, for make and for the shell. */
function word(name: string): string {
  return name.replace(/[^\w.,+@/-]/gu, "?").replace(/^-/, "./-");
}
