import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type UnixAddress, UnixDatagramSocket } from "../../src/ipc/index.ts";
import { takesConnections } from "../interop/namespace.ts";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "../native/addon.ts";
import { Command } from "./command.ts";

const AT = ["--host", "127.0.0.1", "--port", "0", "--no-socket"];

/** Of the command's messages: the text, and which process the kernel says has sent it. */
async function received(socket: UnixDatagramSocket): Promise<{ text: string; pid: number | undefined }> {
  using message = await socket.receive({ timeoutMs: 10_000 });
  return { text: new TextDecoder().decode(message.bytes), pid: message.credentials?.pid };
}

describe("tsrpcbind: sd_notify", function () {
  this.timeout(20_000);
  let folder = "";

  before(function () {
    skipFor(this, process.platform === "linux" ? whyNoAddon() : "abstract names and credentials are Linux's");
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcbind-notify-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const tells = async (address: UnixAddress, variable: string): Promise<void> => {
    using manager = UnixDatagramSocket.bind(address);
    manager.passCredentials = true;
    await using command = new Command(AT, { NOTIFY_SOCKET: variable });
    const { text, pid } = await received(manager);
    const port = Number(/^READY=1\nSTATUS=listening on tcp 127\.0\.0\.1:(\d+), udp 127\.0\.0\.1:\1$/.exec(text)?.[1]);
    assert.ok(port > 0, text);
    assert.equal(pid, command.child.pid);
    await takesConnections(port);
    const ended = command.end();
    assert.deepEqual(await received(manager), { text: "STOPPING=1", pid });
    const { code, stderr } = await ended;
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /NOTIFY_SOCKET/);
    assert.equal(manager.tryReceive(), undefined);
  };

  it("a service manager at a path is told when it serves, and when it ends", () =>
    tells(join(folder, "notify"), join(folder, "notify")));

  it("one at an abstract name", () => {
    const name = `tsrpcbind-notify-${process.pid}`;
    return tells({ abstract: name }, `@${name}`);
  });

  it("one that is not there: the log says so, and it serves all the same", async () => {
    const path = join(folder, "nobody");
    await using command = new Command([...AT, "--log", "json"], { NOTIFY_SOCKET: path });
    await takesConnections(await command.port());
    const line = JSON.parse(await command.logLine("service-manager-not-told")) as Record<string, unknown>;
    assert.equal(line["level"], "warn");
    assert.match(String(line["msg"]), /^NOTIFY_SOCKET: can't tell the service manager READY=1: .*ENOENT/);
    assert.equal((await command.end()).code, 0);
  });

  it("none: nothing is said", async () => {
    await using command = new Command(AT, { NOTIFY_SOCKET: "" });
    await takesConnections(await command.port());
    const { code, stderr } = await command.end();
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /service manager/);
  });
});
