/**
 * The public interface of the library, as etc/*.api.md reports it: the functions, their arguments, and the options
 * that these take.
 */
import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

/** One argument of a function, or one member of an object of options. */
export interface Part {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

/** A function (`connect`), a constructor (`new NetError`) or a method (`Connection.write`), without its overloads. */
export interface Callable {
  readonly name: string;
  readonly parts: readonly Part[];
}

export interface Api {
  /** Exported functions, and constructors and methods of exported classes, that take arguments. */
  readonly callables: readonly Callable[];
  readonly interfaceMethods: readonly string[];
  /** The members of an interface, including inherited ones; `undefined` if there is no such interface. */
  readonly membersOf: (name: string) => readonly Part[] | undefined;
  /** The definition of a name, if it names a type. */
  readonly typeOf: (name: string) => string | undefined;
}

/** The parts of a syntax node that are used here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [part: string]: unknown;
}

/**
 * Classes whose methods take their arguments as those of Node do: test/net/connection/node-stream-contract.test.ts
 * compares both.
 */
const likeNode: ReadonlySet<string> = new Set(["NodeStream"]);

export function readApi(file: string): Api {
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(file, "utf8")) ?? [];
  const { program, errors } = parseSync("api.d.ts", code);
  if (errors.length > 0) throw new Error(`${file}: ${JSON.stringify(errors)}`);
  const text = (node: unknown): string => {
    const { start, end } = node as Node;
    return code.slice(start, end).replace(/^:\s*/, "");
  };
  const nameOf = (node: unknown): string => String((node as { name?: unknown }).name);

  const callables: Callable[] = [];
  const interfaceMethods: string[] = [];
  const interfaces = new Map<
    string,
    { readonly own: readonly Part[]; readonly parents: readonly string[] }
  >();
  const types = new Map<string, string>();

  const partOf = (node: Node): Part => ({
    name: nameOf(node["name"] === undefined ? node["key"] : node),
    type: text(node["typeAnnotation"]),
    optional: node["optional"] === true,
  });
  const addCallable = (name: string, params: readonly Node[]): void => {
    if (params.length > 0) callables.push({ name, parts: params.map(partOf) });
  };

  for (const statement of program.body as unknown as readonly Node[]) {
    const isExported = statement.type === "ExportNamedDeclaration";
    const declaration = (statement["declaration"] ?? statement) as Node;
    const name = declaration["id"] === undefined ? "" : nameOf(declaration["id"]);
    const body = (declaration["body"] as { readonly body?: readonly Node[] } | undefined)?.body ?? [];
    switch (declaration.type) {
      case "TSDeclareFunction":
        if (isExported) addCallable(name, declaration["params"] as readonly Node[]);
        break;
      case "ClassDeclaration":
        for (const member of isExported ? body : []) {
          if (member.type !== "MethodDefinition" || member["computed"] === true) continue;
          if (likeNode.has(name)) continue;
          const { params } = member["value"] as { readonly params: readonly Node[] };
          addCallable(
            member["kind"] === "constructor" ? `new ${name}` : `${name}.${nameOf(member["key"])}`,
            params,
          );
        }
        break;
      case "TSInterfaceDeclaration":
        for (const member of isExported ? body : []) {
          if (member.type === "TSMethodSignature") interfaceMethods.push(`${name}.${nameOf(member["key"])}`);
        }
        interfaces.set(name, {
          own: body.filter(({ type }) => type === "TSPropertySignature").map(partOf),
          parents: ((declaration["extends"] ?? []) as readonly Node[]).map((parent) => text(parent)),
        });
        break;
      case "TSTypeAliasDeclaration":
        types.set(name, text(declaration["typeAnnotation"]));
    }
  }

  const membersOf = (name: string): readonly Part[] | undefined => {
    const found = interfaces.get(name);
    if (found === undefined) return undefined;
    const inherited = found.parents.flatMap((parent) => {
      const [, omitting, base = ""] = /^(Omit<)?(\w+)/.exec(parent) ?? [];
      const members = membersOf(base) ?? [];
      return omitting === undefined ? members : members.filter((part) => !parent.includes(`"${part.name}"`));
    });
    const own = new Set(found.own.map((part) => part.name));
    return [...found.own, ...inherited.filter((part) => !own.has(part.name))];
  };
  return { callables, interfaceMethods, membersOf, typeOf: (name) => types.get(name) };
}

/** The members of an inline object type, as `{ readonly host?: string | undefined; }`. */
export function membersOfLiteral(type: string): readonly Part[] {
  return [...type.matchAll(/readonly (\w+)(\?)?: ([^;]+);/g)].map(([, name = "", optional, member = ""]) => ({
    name,
    type: member,
    optional: optional !== undefined,
  }));
}
