/**
 * Hosts: an IP address in a standard form, or a DNS name.
 *
 * All other text is rejected before any name resolution. The system's resolver accepts more, which
 * has caused vulnerabilities. It cuts a name at a NUL byte and reads `0x7f.1` as 127.0.0.1. It maps
 * look-alike letters, so that a deny list sees a different name from the one that is reached.
 */
import { canonicalHost, ipFamily, meantBySystem } from "./ip.ts";
import { quote } from "../text/quote.ts";

const nameCharactersMax = 253;
const labelCharactersMax = 63;

/**
 * Validates a host, written without brackets, and returns its spelling for use: an IP address in
 * canonical form, a name unchanged.
 *
 * Names follow RFC 952 and RFC 1123, plus the underscore, which is common in practice. A trailing dot
 * is kept: it marks a fully qualified name.
 *
 * @throws {TypeError} for anything else; the message is one line.
 */
export function parseHost(text: string): string {
  if (text === "") throw new TypeError(`host "" is empty: write a name or an address`);
  if (ipFamily(text) !== undefined) return canonicalHost(text).host;
  refuseBadAddress(text);
  refuseBadCharacters(text);
  refuseBadNumber(text);
  refuseBadLabels(text);
  return text;
}

function refuseBadAddress(text: string): void {
  if (!text.includes(":")) return;
  if (text.includes("%") && ipFamily(text.slice(0, text.indexOf("%"))) === 6) {
    refuse(
      text,
      "has an invalid zone: only a link-local address or group has one, as in fe80::1%eth0 or ff02::1%eth0",
    );
  }
  refuse(text, "is not an IPv6 address");
}

function refuseBadCharacters(text: string): void {
  // Any character from U+0080 up: another script, or a look-alike.
  const foreign = /[\u0080-\u{10ffff}]/u.exec(text)?.[0];
  if (foreign !== undefined) {
    const form = asciiForm(text);
    refuse(
      text,
      `holds ${quote(foreign)} (${codePointName(foreign)}) and names are not converted here: ` +
        (form === undefined
          ? "write the name in its ASCII form (xn--…)"
          : `write the ASCII form, ${quote(form)}`),
    );
  }
  const bad = /[^A-Za-z0-9._-]/.exec(text)?.[0];
  if (bad !== undefined) {
    refuse(text, `holds ${quote(bad)}: a name is made of letters, digits, hyphens, underscores and dots`);
  }
}

function refuseBadNumber(text: string): void {
  const numeric = /^(?:[0-9]+|0x[0-9a-f]*)$/i;
  const labels = text.replace(/\.$/, "").split(".");
  if (!numeric.test(labels.at(-1) ?? "")) return;
  const meant = meantBySystem(text);
  if (meant !== undefined) {
    refuse(text, `is not an address in plain form; the system would read it as ${meant}, so write that`);
  }
  if (labels.every((label) => numeric.test(label))) {
    refuse(text, "is not an IPv4 address: write four numbers from 0 to 255, without leading zeros");
  }
  refuse(text, "ends in a number, which a name must not");
}

function refuseBadLabels(text: string): void {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  if (name.length > nameCharactersMax) {
    refuse(text, `has ${name.length} characters: a name has ${nameCharactersMax} at most`);
  }
  for (const label of name.split(".")) {
    if (label === "") refuse(text, "has an empty part: a name has something on both sides of each dot");
    if (label.length > labelCharactersMax) {
      refuse(
        text,
        `has a part of ${label.length} characters: between dots there are ${labelCharactersMax} at most`,
      );
    }
    if (label.startsWith("-") || label.endsWith("-")) {
      refuse(
        text,
        "has a part that begins or ends with a hyphen: only letters, digits and underscores may stand there",
      );
    }
  }
}

/**
 * The ASCII form of a name by the URL standard, used only for a hint: `ⓛocalhost` is localhost, and the form of
 * `bücher.example` can be copied.
 */
function asciiForm(text: string): string | undefined {
  if (/[^A-Za-z0-9._\u0080-\u{10ffff}-]/u.test(text)) return undefined;
  try {
    return new URL(`http://${text}/`).hostname;
  } catch {
    return undefined;
  }
}

function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function refuse(host: string, why: string): never {
  throw new TypeError(`host ${quote(host)} ${why}`);
}
