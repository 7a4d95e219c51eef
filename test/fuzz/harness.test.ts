import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Attempt, FuzzFault, type FuzzTarget, runTarget } from "./harness.ts";
import type { Random } from "./random.ts";
import { watch } from "./watch.ts";

/** A target of texts that `make` gives. */
function targetOf(make: (random: Random) => string, check: Attempt<string>["check"], limitMs = 1000): FuzzTarget {
  return {
    name: "test",
    about: "",
    async run(context) {
      for (let random = context.next(); random !== undefined; random = context.next()) {
        await context.attempt(make(random), { check, limitMs });
      }
    },
  };
}

const letters = (random: Random): string => random.times(50, () => random.pick(Array.from("abcdefgh"))).join("");

async function faultOf(target: FuzzTarget, seed: number, iterations: number): Promise<FuzzFault> {
  try {
    await runTarget(target, { seed, until: { iterations } });
  } catch (error) {
    assert.ok(error instanceof FuzzFault);
    return error;
  }
  assert.fail("there is no fault");
}

describe("the fuzz harness", () => {
  it("runs as many iterations as it is told", async () => {
    const texts: string[] = [];
    const target = targetOf(letters, (text) => void texts.push(text));
    assert.equal(await runTarget(target, { seed: 1, until: { iterations: 5 } }), 5);
    assert.equal(new Set(texts).size, 5);
  });

  it("makes what fails smaller, and tells the seed that repeats it alone", async () => {
    const target = targetOf(letters, (text) => {
      if (/a.*b.*c/.test(text)) throw new TypeError("a, b, c");
    });
    const fault = await faultOf(target, 7, 100);
    assert.equal(fault.input, "abc");
    assert.match(fault.message, /a, b, c/);
    const again = await faultOf(target, fault.seed, 1);
    assert.equal(again.input, "abc");
  });

  it("does not take another failure for the same one while it makes an input smaller", async () => {
    const target = targetOf(
      () => "xxaaaabbbb",
      (text) => {
        if (text.length < 4) throw new RangeError("short");
        if (text.includes("b")) throw new TypeError("b");
      },
    );
    const { input, cause } = await faultOf(target, 1, 1);
    assert.ok(cause instanceof TypeError);
    assert.equal(input.length, 4);
  });

  it("makes bytes smaller, too", async () => {
    const target: FuzzTarget = {
      name: "test",
      about: "",
      run: async (context) => {
        context.next();
        const check = (bytes: Uint8Array): void => {
          if (bytes.includes(9)) throw new Error("nine");
        };
        await context.attempt(Uint8Array.of(1, 2, 9, 3, 4), { check, limitMs: 1000 });
      },
    };
    assert.deepEqual((await faultOf(target, 1, 1)).input, Uint8Array.of(9));
  });

  it("reports what takes longer than its limit", async () => {
    // By both clocks, since the lesser one counts: a busy machine gives this thread little of a processor.
    const spin = (text: string): void => {
      const [start, before] = [performance.now(), process.cpuUsage()];
      const least = text === "" ? 0 : 500;
      for (let spent = 0; spent < least;) {
        const { user, system } = process.cpuUsage(before);
        spent = Math.min(performance.now() - start, (user + system) / 1000);
      }
    };
    const fault = await faultOf(
      targetOf(() => "long", spin, 100),
      1,
      1,
    );
    assert.match(fault.message, /may take 200 ms/);
    assert.equal(fault.input.length, 1);
  });

  describe("in a thread", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "tsrpcgen-fuzz-"));
    });
    after(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    /** A module of a target with one input, and `body` to try it. */
    function moduleOf(name: string, body: string): string {
      const path = join(folder, `${name}.mjs`);
      writeFileSync(
        path,
        `export default { name: "${name}", about: "", async run(context) {
          while (context.next()) await context.attempt("the input", { check() { ${body} }, limitMs: 1000 });
        } };`,
      );
      return pathToFileURL(path).href;
    }

    const order = { seed: 3, until: { iterations: 2 } };

    it("tells the number of iterations", async () => {
      assert.deepEqual(await watch({ module: moduleOf("sound", ""), ...order }), { kind: "end", iterations: 2 });
    });

    it("tells a fault", async () => {
      const result = await watch({ module: moduleOf("throws", "throw new Error('no')"), ...order });
      assert.ok("stack" in result);
      assert.match(result.stack, /^Error: no\n/);
      assert.deepEqual([result.seed, result.input], [3, '""']);
    });

    it("ends what is endless, and tells its input", async () => {
      const result = await watch({ module: moduleOf("endless", "for (;;);"), ...order }, { hangMs: 2000 });
      assert.ok("stack" in result);
      assert.deepEqual([result.seed, result.input, result.stack], [3, '"the input"', "no end after 2000 ms"]);
    });

    it("survives what exhausts the heap, and tells its input", async () => {
      const body = "for (const all = []; ; ) all.push(new Array(10_000).fill(1.5));";
      const result = await watch({ module: moduleOf("greedy", body), ...order }, { heapMB: 32 });
      assert.ok("stack" in result);
      assert.equal(result.input, '"the input"');
      assert.match(result.stack, /ERR_WORKER_OUT_OF_MEMORY|memory limit/);
    });
  });
});
