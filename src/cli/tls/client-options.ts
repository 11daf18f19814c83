/** The flags of TLS, as the option `tls` of `connect`. */
import { connector, type TlsClientOptions } from "../../net/index.ts";
import { quote } from "../../base/text/quote.ts";
import type { TlsFlags } from "../args/tls-options.ts";
import type { Terminal } from "../tty/terminal.ts";
import { warned } from "../tty/colours.ts";
import { asUsage, UsageError } from "../usage.ts";
import { readCertificates, readPair } from "./files.ts";

/**
 * Reads the files.
 *
 * @throws {FileError} for a file that cannot be read.
 * @throws {UsageError} for content that is not a certificate or a key, and for ciphers that OpenSSL does not know.
 */
export function tlsClientOptions(given: TlsFlags): TlsClientOptions {
  const { ca, cert, key, "key-password-file": passwordFile, sni, alpn, ciphers, insecure } = given;
  const minVersion = given["min-version"];
  const options: TlsClientOptions = {
    ...(ca !== undefined && { ca: readCertificates("--ca", ca) }),
    ...(cert !== undefined &&
      key !== undefined &&
      readPair({ cert, key, "key-password-file": passwordFile })),
    ...(sni !== undefined && { serverName: sni }),
    ...(alpn !== undefined && { alpn: protocols(alpn) }),
    ...(minVersion !== undefined && { minVersion }),
    ...(ciphers !== undefined && { ciphers }),
    ...(insecure === true && { verify: false }),
  };
  // Checks the options, and connects to nothing.
  asUsage(() => connector({ tls: options }), ciphers === undefined ? "" : `--ciphers ${quote(ciphers)}: `);
  return options;
}

/** At most 255 bytes each (RFC 7301, section 3.1). */
function protocols(list: string): readonly string[] {
  const names = list.split(",");
  if (names.every((name) => name !== "" && Buffer.byteLength(name) <= 255)) return names;
  throw new UsageError(
    "--alpn: each protocol has 1 to 255 bytes, with a comma between two, as in h2,http/1.1",
  );
}

/** Says each time what `--insecure` gives up. */
export function warnInsecure(terminal: Terminal): void {
  const line = "portcall: --insecure: the server's certificate is not checked, so its identity is unknown";
  if (terminal.saysInColour) terminal.say("", warned(line));
  else terminal.say(line);
}
