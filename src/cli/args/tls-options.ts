/**
 * The flags of TLS. They are read in src/cli/tls, which a command loads only for TLS.
 */
import { forConnections } from "./forms.ts";
import { setting } from "./library-options.ts";
import type { SwitchRow, ValuedRow } from "./options.ts";
import { plainText, tlsVersion } from "./values.ts";

const forTls = "% is for TLS: add --tls, or write tls://host:port";
const unfit = { udp: forConnections, plain: forTls } as const;

export const tlsOptions: {
  readonly tls: SwitchRow;
  readonly ca: ValuedRow<string>;
  readonly cert: ValuedRow<string>;
  readonly key: ValuedRow<string>;
  readonly "key-password-file": ValuedRow<string>;
  readonly sni: ValuedRow<string>;
  readonly alpn: ValuedRow<string>;
  readonly "min-version": ValuedRow<"TLSv1.2" | "TLSv1.3">;
  readonly ciphers: ValuedRow<string>;
  readonly insecure: SwitchRow;
} = {
  tls: {
    ...setting("tls"),
    unfit: { udp: forConnections },
    brief: "speak TLS, and check the server's certificate; tls://host:port does the same",
  },
  ca: {
    unfit,
    brief: "trust the authorities in this PEM file, and no others",
    value: { placeholder: "<file>", read: plainText },
  },
  cert: {
    unfit,
    needs: ["key"],
    brief: "the client's certificate in PEM, with its intermediate certificates",
    value: { placeholder: "<file>", read: plainText },
  },
  key: {
    unfit,
    needs: ["cert"],
    brief: "the private key of --cert, in PEM",
    value: { placeholder: "<file>", read: plainText },
  },
  "key-password-file": {
    unfit,
    needs: ["key"],
    brief: "the file with the password of --key",
    value: { placeholder: "<file>", read: plainText },
  },
  sni: {
    unfit,
    brief: "the name to ask the server for, and to find in its certificate (default: the host)",
    value: { placeholder: "<name>", read: plainText },
  },
  alpn: {
    unfit,
    brief: "the application protocols to offer, with commas, as in h2,http/1.1",
    value: { placeholder: "<list>", read: plainText },
  },
  "min-version": {
    unfit,
    brief: "the lowest TLS version to accept (default 1.2)",
    value: { placeholder: "<1.2|1.3>", read: tlsVersion },
  },
  ciphers: {
    unfit,
    brief: "the ciphers to offer, in OpenSSL's notation",
    value: { placeholder: "<ciphers>", read: plainText },
  },
  insecure: {
    lineOnly: true,
    unfit,
    excludes: { ca: "with --insecure no authority is checked: leave out --ca" },
    brief: "accept any certificate: anyone on the way can read and change what you send",
  },
};

const noDatagrams = { udp: { why: forConnections, always: true } } as const;

/** The flags of a server. */
export const tlsServerOptions: {
  readonly tls: SwitchRow;
  readonly cert: ValuedRow<string>;
  readonly key: ValuedRow<string>;
  readonly "key-password-file": ValuedRow<string>;
  readonly ca: ValuedRow<string>;
} = {
  tls: {
    ...setting("tls"),
    unfit: noDatagrams,
    needs: ["cert"],
    brief: "speak TLS with the clients, with the certificate of --cert",
  },
  cert: {
    unfit: noDatagrams,
    needs: ["key"],
    brief: "with --tls: the server's certificate in PEM, with its intermediate certificates",
    value: { placeholder: "<file>", read: plainText },
  },
  key: {
    unfit: noDatagrams,
    needs: ["tls"],
    brief: "the private key of --cert, in PEM",
    value: { placeholder: "<file>", read: plainText },
  },
  "key-password-file": {
    unfit: noDatagrams,
    needs: ["key"],
    brief: "the file with the password of --key",
    value: { placeholder: "<file>", read: plainText },
  },
  ca: {
    unfit: noDatagrams,
    needs: ["tls"],
    brief: "with --tls: require client certificates that the authorities in this PEM file have signed",
    value: { placeholder: "<file>", read: plainText },
  },
};

/** The values of these flags. */
export interface TlsFlags {
  readonly tls?: true;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly "key-password-file"?: string;
  readonly sni?: string;
  readonly alpn?: string;
  readonly "min-version"?: "TLSv1.2" | "TLSv1.3";
  readonly ciphers?: string;
  readonly insecure?: true;
}
