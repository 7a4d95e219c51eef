// Fetches Debian's source packages with apt, in a folder of its own: no root, and the system's apt is left as it is.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Fetches and unpacks the `.x` files of packages into `cache`, and gives the folder of each. A package that can't be had is
 * not in the map. A mirror may lack the archives of a release that it lists: then those of `otherReleases` are tried, in
 * their order.
 */
export function fetchSources(packages, otherReleases, cache, tell) {
  const folders = new Map();
  const releases = [undefined, ...otherReleases].map((release) => lazily(() => openRelease(release, cache, tell)));
  for (const name of packages) {
    const folder = join(cache, "files", name);
    if (existsSync(join(folder, ".done")) || fetchOne(name, folder, releases, tell)) folders.set(name, folder);
  }
  return folders;
}

function fetchOne(name, folder, releases, tell) {
  tell(`fetching ${name}`);
  mkdirSync(folder, { recursive: true });
  let failure;
  for (const release of releases) {
    try {
      // Checks the signed checksums. The .x files lie in what upstream made, not in Debian's changes.
      release()(["source", "--download-only", "--tar-only", name], folder);
      unpack(folder);
      writeFileSync(join(folder, ".done"), "");
      return true;
    } catch (error) {
      // The reason that counts is that of the system's own release.
      failure ??= lastLine(error);
    }
  }
  tell(`${name} can't be had: ${failure}`);
  return false;
}

/** An apt-get with the source packages of one release alone: the system's own, or that of a name. Throws where it can't be had. */
function openRelease(release, cache, tell) {
  const state = join(cache, `apt-${release ?? "own"}`);
  for (const folder of ["lists/partial", "archives/partial"]) mkdirSync(join(state, folder), { recursive: true });
  const settings = {
    "Dir::Etc::SourceList": join(state, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": join(state, "lists"),
    "Dir::Cache": state,
    "APT::Sandbox::User": "root",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const apt = (args, folder) =>
    execFileSync("apt-get", ["-q", ...options, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  tell(`apt-get update${release === undefined ? "" : ` for ${release}`}`);
  writeFileSync(join(state, "sources.list"), sourceLines(release).join(""));
  apt(["update"], state);
  return apt;
}

/** The system's own mirrors of Debian, as lines for source packages; those of another release on the same mirrors. */
function sourceLines(release) {
  const format = "$(SITE)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)";
  const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const signed = existsSync(keys) ? `[signed-by=${keys}] ` : "";
  const text = execFileSync("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], {
    encoding: "utf8",
  });
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.split("|"))
    .filter(([, , , origin]) => origin === "Debian")
    // "bookworm-updates" and "bookworm-security" are beside a release: another one is asked for by its name alone.
    .filter(([, own]) => release === undefined || !own.includes("-"))
    .map(([site, own, component]) => `deb-src ${signed}${site} ${release ?? own} ${component}\n`);
  if (lines.length === 0) throw new Error("apt knows no mirror of Debian: run apt-get update");
  return [...new Set(lines)];
}

/** What `make` gives or throws, made once and when it is first asked for. */
function lazily(make) {
  let made;
  return () => {
    made ??= attempt(make);
    if ("error" in made) throw made.error;
    return made.value;
  };
}

function attempt(make) {
  try {
    return { value: make() };
  } catch (error) {
    return { error };
  }
}

function lastLine(error) {
  return String(error.stderr ?? error.message)
    .trim()
    .split("\n")
    .at(-1);
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
