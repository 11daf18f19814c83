/**
 * The hosts file: names that this machine knows without asking anybody.
 */
import { readFile } from "node:fs/promises";
import { ipFamily } from "../base/ip.ts";

/** The addresses that the file gives a name, in its order; empty if it is not in there. */
export async function lookUpHostsFile(name: string, path = "/etc/hosts"): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const wanted = name.toLowerCase();
  const addresses: string[] = [];
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (address === undefined || ipFamily(address) === undefined) continue;
    if (names.some((one) => one.toLowerCase() === wanted)) addresses.push(address);
  }
  return addresses;
}
