/**
 * Proxy URLs: `socks5://user:password@host:port`, and their public form without the credentials. No
 * message, event or error contains the user or the password.
 */
import { text as checkText, wellFormed } from "../arguments.ts";
import { formatTarget, parseTarget, type Target } from "./address.ts";
import { encodeText } from "../bytes.ts";
import { quote } from "../text/quote.ts";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface Proxy {
  readonly protocol: "socks5" | "http";
  readonly target: Extract<Target, { readonly scheme: "tcp" }>;
  readonly credentials: Credentials | undefined;
  /** `socks5://host:port`, for messages. */
  readonly name: string;
}

/** The protocol of each scheme. The proxy always resolves names itself, as curl's `socks5h` does. */
const protocols: Readonly<Record<string, Proxy["protocol"]>> = {
  socks5: "socks5",
  socks5h: "socks5",
  http: "http",
};

const socksTextBytesMax = 255;

/**
 * Parses a proxy URL.
 *
 * @throws {TypeError} for anything else; the message contains neither user nor password.
 */
export function parseProxy(text: string): Proxy {
  checkText("proxy", text);
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:(.*)@)?([^@]*?)\/?$/is.exec(text);
  const scheme = match?.[1]?.toLowerCase() ?? "";
  const protocol = Object.hasOwn(protocols, scheme) ? protocols[scheme] : undefined;
  if (protocol === undefined) {
    throw new TypeError(`proxy ${quote(shown(text))} is not socks5://host:port or http://host:port`);
  }
  const authority = match?.[3] ?? "";
  // Without a port, this part may be a user and a password, so the message does not show it.
  if (!/:[0-9]+$/.test(authority)) throw new TypeError(`proxy: no port: write ${scheme}://host:port`);
  const target = targetOf(authority);
  const credentials = match?.[2] === undefined ? undefined : credentialsOf(match[2], protocol);
  return { protocol, target, credentials, name: `${protocol}://${formatTarget(target)}` };
}

/** The text with everything before its last `@` masked. */
function shown(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");
}

function targetOf(authority: string): Proxy["target"] {
  try {
    // The scheme is written, so the target has it.
    return parseTarget(`tcp://${authority}`) as Proxy["target"];
  } catch (error) {
    throw new TypeError(`proxy: ${(error as Error).message}`, { cause: error });
  }
}

function credentialsOf(text: string, protocol: Proxy["protocol"]): Credentials {
  const [, user = "", password = ""] = /^([^:]*):?(.*)$/s.exec(text) ?? [];
  const credentials = { user: decoded(user), password: decoded(password) };
  if (credentials.user === "") throw new TypeError("proxy: the user before the @ is empty");
  if (protocol === "http" && credentials.user.includes(":")) {
    throw new TypeError("proxy: the user contains a colon, which HTTP does not allow");
  }
  const longest = Math.max(encodeText(credentials.user).length, encodeText(credentials.password).length);
  if (protocol === "socks5" && longest > socksTextBytesMax) {
    throw new TypeError(
      `proxy: user or password has ${longest} bytes: for SOCKS5 each has ${socksTextBytesMax} at most`,
    );
  }
  return credentials;
}

function decoded(text: string): string {
  wellFormed("proxy: user or password", text);
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError("proxy: user and password must be percent-encoded; write % as %25");
  }
}
