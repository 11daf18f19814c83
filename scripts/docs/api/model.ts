/**
 * What the public entries of the package export, as api-extractor reads it from the built declarations.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { sourceFile } from "./source.ts";

/** A piece of a declaration. A reference names what it refers to, after the `!`. */
export interface Token {
  readonly kind: "Content" | "Reference";
  readonly text: string;
  readonly canonicalReference?: string;
}

interface TokenRange {
  readonly startIndex: number;
  readonly endIndex: number;
}

interface Parameter {
  readonly parameterName: string;
  readonly parameterTypeTokenRange: TokenRange;
  readonly isOptional: boolean;
}

/** An export, or a member of one. An overload is an item of its own. */
export interface Item {
  readonly kind:
    | "Class"
    | "Interface"
    | "Function"
    | "TypeAlias"
    | "Variable"
    | "Property"
    | "PropertySignature"
    | "Method"
    | "MethodSignature"
    | "Constructor";
  /** A constructor has none. */
  readonly name?: string;
  readonly docComment?: string;
  /** Where it is declared, from the top of the checkout. */
  readonly fileUrlPath?: string;
  readonly excerptTokens: readonly Token[];
  /** Has a `~` before the name of what a public declaration names and the entry does not export. */
  readonly canonicalReference: string;
  readonly overloadIndex?: number;
  readonly isOptional?: boolean;
  readonly propertyTypeTokenRange?: TokenRange;
  /** Of a class, which extends one other. */
  readonly extendsTokenRange?: TokenRange;
  readonly extendsTokenRanges?: readonly TokenRange[];
  readonly parameters?: readonly Parameter[];
  readonly members?: readonly Item[];
}

/** A name that an entry exports, with its overloads. */
export interface Export {
  /** The heading of its section: the name, or `sockets.connect` for a name that an earlier entry exports too. */
  readonly name: string;
  /** What a program imports it from. */
  readonly entry: Entry;
  readonly items: readonly [Item, ...Item[]];
  /** What its declaration names and no entry exports. */
  readonly unexported: readonly Item[];
}

export type Entry = keyof typeof models;

const models = {
  portcall: "build/api/portcall.api.json",
  "portcall/engine": "build/api/portcall-engine.api.json",
  "portcall/testing": "build/api/portcall-testing.api.json",
  "portcall/sockets": "build/api/portcall-sockets.api.json",
  "portcall/direct-sockets": "build/api/portcall-direct-sockets.api.json",
} as const;

export const entries = Object.keys(models) as readonly Entry[];

/** All of them, those of an entry together. Extracts them first, if the declarations have changed since. */
export function readExports(): Export[] {
  execFileSync(process.execPath, ["scripts/api.mjs", "--models"], { stdio: ["ignore", "ignore", "inherit"] });
  const all = entries.flatMap((entry) => itemsOf(entry).map((items) => ({ entry, items })));
  const exported = all.filter(({ items }) => !items[0].canonicalReference.includes("!~"));
  const names = new Set(exported.map(({ items }) => items[0].name));
  const first = new Map(exported.toReversed().map(({ entry, items }) => [items[0].name, entry] as const));
  const headingOf = (entry: Entry, name = ""): string =>
    first.get(name) === entry ? name : `${entry.replace("portcall/", "")}.${name}`;
  const others = new Map(all.map(({ items: [item] }) => [item.name ?? "", item] as const));
  return exported.map(({ entry, items }) => ({
    name: headingOf(entry, items[0].name),
    entry,
    items,
    unexported: [...new Set(items.flatMap(targetsIn))].flatMap((name) =>
      names.has(name) ? [] : (others.get(name) ?? []),
    ),
  }));
}

function itemsOf(entry: Entry): (readonly [Item, ...Item[]])[] {
  const { members } = JSON.parse(readFileSync(models[entry], "utf8")) as {
    readonly members: readonly [{ readonly members: readonly Item[] }];
  };
  return overloadsOf(members[0].members.map(inOrder));
}

/** With its members in the order of the source, without those that Node's streams call (`_read`). */
function inOrder(item: Item): Item {
  const { members, name = "", fileUrlPath } = item;
  if (members === undefined || fileUrlPath === undefined) return item;
  const names = sourceFile(fileUrlPath).members.get(name) ?? [];
  const place = (member: Item): number => names.indexOf(member.name ?? "constructor");
  const shown = members.filter((member) => member.name?.startsWith("_") !== true);
  return { ...item, members: shown.toSorted((one, other) => place(one) - place(other)) };
}

/** The names that a declaration and its members refer to. */
export function targetsIn(item: Item): string[] {
  return [
    ...item.excerptTokens.flatMap((token) => targetOf(token) ?? []),
    ...(item.members ?? []).flatMap(targetsIn),
  ];
}

/** The types that an interface or a class extends. */
export function parentsOf(item: Item): (readonly Token[])[] {
  const ranges = [
    ...(item.extendsTokenRanges ?? []),
    ...(item.extendsTokenRange === undefined ? [] : [item.extendsTokenRange]),
  ];
  return ranges.map((range) => tokensIn(item, range));
}

/** Items of one name, in the order of their declarations. */
export function overloadsOf(items: readonly Item[]): (readonly [Item, ...Item[]])[] {
  const groups = new Map<string, [Item, ...Item[]]>();
  for (const item of items) {
    const name = item.name ?? "constructor";
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  for (const group of groups.values()) {
    group.sort((one, other) => (one.overloadIndex ?? 0) - (other.overloadIndex ?? 0));
  }
  return [...groups.values()];
}

export function tokensIn(item: Item, range: TokenRange | undefined): readonly Token[] {
  return range === undefined ? [] : item.excerptTokens.slice(range.startIndex, range.endIndex);
}

/** The name that a reference leads to: that of an export for a member of it. */
export function targetOf(token: Token): string | undefined {
  return /^[\w-]*(?:\/[\w-]+)?!~?(\w+)/.exec(token.canonicalReference ?? "")?.[1];
}
