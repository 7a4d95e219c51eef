/** Certificates for tests, made anew by openssl. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority that signs what it is asked to. */
export class TestAuthority implements Identity {
  readonly #folder: string;
  readonly cert: string;
  readonly key: string;
  #made = 0;

  constructor(name: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "tsrpcgen-ca-"));
    ({ cert: this.cert, key: this.key } = this.#make("ca", `/CN=${name}`, [
      "-addext",
      "basicConstraints=critical,CA:TRUE",
    ]));
  }

  /** @param names as in a subjectAltName: `DNS:localhost,IP:127.0.0.1` */
  sign(commonName: string, names: string): Identity {
    const by = ["-CA", join(this.#folder, "ca.pem"), "-CAkey", join(this.#folder, "ca.key")];
    const leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", `subjectAltName=${names}`];
    return this.#make(`leaf${++this.#made}`, `/CN=${commonName}`, [...by, ...leaf]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #make(file: string, subject: string, options: readonly string[]): Identity {
    const cert = join(this.#folder, `${file}.pem`);
    const key = join(this.#folder, `${file}.key`);
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"];
    const args = ["req", ...kind, "-subj", subject, "-keyout", key, "-out", cert, ...options];
    execFileSync("openssl", args, { stdio: "pipe" });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  }
}
