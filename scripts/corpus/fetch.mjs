// Fetches Debian's source packages with apt, in a folder of its own: no root, and the system's apt is left as it is.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The system's own mirrors, as lines for source packages. */
function sourceLines() {
  const format = "$(SITE)|$(RELEASE)|$(COMPONENT)";
  const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const signed = existsSync(keys) ? `[signed-by=${keys}] ` : "";
  const text = execFileSync("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], {
    encoding: "utf8",
  });
  return [...new Set(text.trim().split("\n"))]
    .map((line) => line.split("|"))
    .map(([site, release, component]) => `deb-src ${signed}${site} ${release} ${component}\n`);
}

/** Fetches and unpacks the `.x` files of packages into `cache`, and gives the folder of each; undefined where it can't be had. */
export function fetchSources(packages, cache, tell) {
  const options = aptOptions(cache);
  const apt = (args, folder) =>
    execFileSync("apt-get", ["-q", ...options, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let isUpdated = false;
  const folders = new Map();
  for (const name of packages) {
    const folder = join(cache, "files", name);
    const done = join(folder, ".done");
    if (!existsSync(done)) {
      try {
        if (!isUpdated) {
          tell("apt-get update");
          writeFileSync(join(cache, "sources.list"), sourceLines().join(""));
          apt(["update"], cache);
          isUpdated = true;
        }
        tell(`fetching ${name}`);
        mkdirSync(folder, { recursive: true });
        // Checks the signed checksums. The .x files lie in what upstream made, not in Debian's changes.
        apt(["source", "--download-only", "--tar-only", name], folder);
        unpack(folder);
        writeFileSync(done, "");
      } catch (error) {
        tell(
          `${name} can't be had: ${String(error.stderr ?? error.message)
            .trim()
            .split("\n")
            .at(-1)}`,
        );
        continue;
      }
    }
    folders.set(name, folder);
  }
  return folders;
}

function aptOptions(cache) {
  for (const folder of ["lists/partial", "archives/partial"]) mkdirSync(join(cache, folder), { recursive: true });
  const settings = {
    "Dir::Etc::SourceList": join(cache, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": join(cache, "lists"),
    "Dir::Cache": cache,
    "APT::Sandbox::User": "root",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

function unpack(folder) {
  for (const file of readdirSync(folder).filter((name) => /\.tar\.(gz|xz|bz2)$/.test(name))) {
    const args = ["--extract", "--file", file, "--wildcards", "--strip-components=1", "*.x"];
    try {
      execFileSync("tar", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    } catch (error) {
      // One of several tarballs may have none.
      if (!String(error.stderr).includes("Not found in archive")) throw error;
    }
  }
}
