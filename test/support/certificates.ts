/** Certificates for tests, made by openssl: an authority of their own, and what it has signed. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key, as PEM text. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

interface CertificateOptions {
  /** As in `DNS:localhost,IP:127.0.0.1`; none if empty. */
  readonly names: string;
  /** OpenSSL's notation, as in `20200101000000Z`. */
  readonly from?: string;
  readonly to?: string;
}

/** An authority, with the directory that its files are in until `remove`. */
export class TestAuthority {
  readonly #folder = mkdtempSync(join(tmpdir(), "portcall-tls-"));
  readonly #own: KeyPair;
  #count = 0;

  constructor() {
    this.#own = this.selfSigned("/CN=Test authority");
    writeFileSync(this.#path("ca.pem"), this.#own.cert);
    writeFileSync(this.#path("ca.key"), this.#own.key);
  }

  /** The authority's certificate. */
  get cert(): string {
    return this.#own.cert;
  }

  selfSigned(subject: string): KeyPair {
    const name = `own${this.#count++}`;
    const key = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      this.#path(`${name}.key`),
    ];
    this.#openssl("req", "-x509", ...key, "-out", this.#path(`${name}.pem`), "-subj", subject, "-days", "30");
    return this.#read(name);
  }

  /** A certificate that the authority has signed. */
  sign({ names, from, to }: CertificateOptions): KeyPair {
    const name = `leaf${this.#count++}`;
    const key = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      this.#path(`${name}.key`),
    ];
    this.#openssl("req", "-new", ...key, "-out", this.#path(`${name}.csr`), "-subj", "/CN=test");
    const extensions = names === "" ? "basicConstraints=CA:FALSE\n" : `subjectAltName=${names}\n`;
    writeFileSync(this.#path("extensions"), extensions);
    writeFileSync(this.#path("index"), "");
    writeFileSync(this.#path("ca.conf"), caConfig(this.#folder));
    const dates =
      from === undefined || to === undefined ? ["-days", "30"] : ["-startdate", from, "-enddate", to];
    this.#openssl(
      ...["ca", "-batch", "-notext", "-config", this.#path("ca.conf"), "-in", this.#path(`${name}.csr`)],
      ...["-out", this.#path(`${name}.pem`), "-extfile", this.#path("extensions"), "-rand_serial", ...dates],
    );
    return this.#read(name);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: "pipe" });
  }

  #read(name: string): KeyPair {
    const text = (ending: string): string => readFileSync(this.#path(`${name}.${ending}`), "utf8");
    return { cert: text("pem"), key: text("key") };
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function caConfig(folder: string): string {
  return `[ca]
default_ca = test
[test]
dir = ${folder}
database = ${folder}/index
serial = ${folder}/serial
new_certs_dir = ${folder}
certificate = ${folder}/ca.pem
private_key = ${folder}/ca.key
default_md = sha256
policy = any
[any]
commonName = supplied
`;
}
