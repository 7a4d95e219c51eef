import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { WatchedPaths } from "../../../src/codegen/cli/watched-paths.ts";
import { Folder } from "./support.ts";

describe("WatchedPaths", () => {
  let folder: Folder;
  const all: WatchedPaths[] = [];

  function watching(path: string): WatchedPaths {
    const paths = new WatchedPaths();
    all.push(paths);
    paths.add(path);
    paths.watch();
    return paths;
  }

  beforeEach(() => {
    folder = new Folder();
  });

  afterEach(() => {
    for (const paths of all.splice(0)) paths.close();
    folder.remove();
  });

  it("a file that is written anew as it was has not changed; one that was missing, and one of another text, have", async () => {
    const same = folder.write("same.x", "1");
    const other = folder.write("other.x", "1");
    const { signal } = new AbortController();
    const stop = new AbortController();
    const changed: string[] = [];
    const told = async (name: string, paths: WatchedPaths, until: AbortSignal): Promise<void> => {
      await paths.nextChange(until);
      if (!until.aborted) changed.push(name);
    };
    // All see the same events, the first one first: when the others have been told, it would have been.
    const first = told("same", watching(same), stop.signal);
    const others = [told("missing", watching(folder.at("missing.x")), signal), told("other", watching(other), signal)];
    renameSync(folder.write("beside.x", "1"), same);
    folder.write("same.x", "1");
    folder.write("missing.x", "1");
    folder.write("other.x", "2");
    await Promise.all(others);
    stop.abort();
    await first;
    assert.deepEqual(changed.sort(), ["missing", "other"]);
  });
});
