/** Certificates and keys in files. Every message names the flag and the file. */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { describeSystemCode } from "../../base/errors.ts";
import { FileError, UsageError } from "../usage.ts";

const certificates = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

const whyNot: Readonly<Record<string, string>> = { ENOENT: "no such file", EISDIR: "it is a folder" };

/** @throws {FileError} if it cannot be read. */
function readTlsFile(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new FileError(`${flag} ${path}: ${whyNot[code] ?? describeSystemCode(code)}`);
  }
}

/**
 * The certificates of a PEM file, as its text.
 *
 * @throws {UsageError} if it has none, or one that cannot be parsed.
 */
export function readCertificates(flag: string, path: string): string {
  const text = readTlsFile(flag, path);
  if (parsed(flag, path, text).length > 0) return text;
  throw new UsageError(`${flag} ${path}: there is no certificate in PEM, which begins with -----BEGIN`);
}

function parsed(flag: string, path: string, text: string): X509Certificate[] {
  return Array.from(text.matchAll(certificates), ([pem]) => {
    try {
      return new X509Certificate(pem);
    } catch {
      throw new UsageError(`${flag} ${path}: a certificate in it cannot be parsed`);
    }
  });
}

export interface PairFiles {
  readonly cert: string;
  readonly key: string;
  readonly "key-password-file"?: string | undefined;
}

export interface Pair {
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string | undefined;
}

/**
 * A certificate and its key.
 *
 * @throws {UsageError} if one is invalid, or they do not belong together.
 */
export function readPair(files: PairFiles): Pair {
  const cert = readCertificates("--cert", files.cert);
  const key = readTlsFile("--key", files.key);
  const passwordFile = files["key-password-file"];
  const passphrase =
    passwordFile === undefined
      ? undefined
      : readTlsFile("--key-password-file", passwordFile).replace(/\r?\n$/, "");
  const [own] = parsed("--cert", files.cert, cert);
  if (own?.checkPrivateKey(readKey(files.key, key, passphrase)) === true) return { cert, key, passphrase };
  throw new UsageError(
    `--key ${files.key} does not belong to --cert ${files.cert}, whose first certificate must be its own`,
  );
}

function readKey(path: string, key: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) });
  } catch {
    const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key);
    const why = !isEncrypted
      ? "there is no private key in PEM"
      : passphrase === undefined
        ? "it is encrypted: add --key-password-file"
        : "the password of --key-password-file does not decrypt it";
    throw new UsageError(`--key ${path}: ${why}`);
  }
}
