/**
 * docs/reference/api: a section for each export of each public entry, from its declaration and its doc comment.
 */
import { defaultText } from "../options.ts";
import { optionNames, rowOf, type OptionName } from "../../../src/net/options/table.ts";
import type { Call } from "../../../src/net/options/option-row.ts";
import { code, table } from "../markdown.ts";
import { parseComment, type DocComment } from "./comment.ts";
import {
  entries,
  overloadsOf,
  parentsOf,
  readExports,
  targetOf,
  targetsIn,
  tokensIn,
  type Export,
  type Item,
} from "./model.ts";
import { declarationOf, linkedType, withoutUndefined } from "./signature.ts";
import { anchorOf, linksTo, topicsWith, type LinkOf, type Topic } from "./topics.ts";

/** The interfaces of options, and the functions whose options they are. */
const callsOf: Readonly<Record<string, readonly Call[]>> = {
  ConnectOptions: ["connect"],
  ServeOptions: ["serve"],
  ConnectionOptions: ["connect", "serve"],
  SocketOptions: ["connect", "serve"],
  Observers: ["connect", "serve"],
  BindUdpOptions: ["bindUdp"],
  ConnectUdpOptions: ["connectUdp"],
  DatagramOptions: ["bindUdp", "connectUdp"],
  DatagramObservers: ["bindUdp", "connectUdp"],
};

const kinds: Readonly<Record<Item["kind"], string>> = {
  Class: "Class",
  Interface: "Interface",
  Function: "Function",
  TypeAlias: "Type",
  Variable: "Constant",
  Property: "Property",
  PropertySignature: "Property",
  Method: "Method",
  MethodSignature: "Method",
  Constructor: "Constructor",
};

/**
 * The pages by their names in the folder.
 *
 * @throws {Error} for an export that is on no page or has no doc comment, and for a page's name that is no export.
 */
export function apiPages(all: readonly Export[] = readExports()): ReadonlyMap<string, string> {
  const reference = new Reference(all);
  return new Map([
    ["README.md", reference.index()],
    ...reference.topics.map((topic) => [`${topic.page}.md`, reference.page(topic)] as const),
  ]);
}

class Reference {
  readonly topics: readonly Topic[];
  readonly #linkOf: LinkOf;
  readonly #exports: ReadonlyMap<string, Export>;
  /** Which exports name one in their declarations. */
  readonly #users = new Map<string, Set<string>>();

  constructor(all: readonly Export[]) {
    this.#exports = new Map(all.map((one) => [one.name, one]));
    this.topics = topicsWith(all.map(({ name, items }) => ({ name, source: items[0].fileUrlPath ?? "" })));
    this.#linkOf = linksTo(this.topics);
    for (const { name, items } of all) {
      for (const target of items.flatMap(targetsIn)) {
        if (target !== name) this.#users.set(target, (this.#users.get(target) ?? new Set()).add(name));
      }
    }
  }

  index(): string {
    const tables = entries.map((entry) => {
      const rows = [...this.#exports.values()]
        .filter((one) => one.entry === entry)
        .toSorted((one, other) => (one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1))
        .map((one) => [
          `[${code(one.name)}](${this.#linkOf(one.name)})`,
          kinds[one.items[0].kind].toLowerCase(),
          firstSentence(fromHere(docOf(one.items, one.name).text)),
        ]);
      return `## ${code(entry)}\n\n${table(["name", "kind", "what it is"], rows)}`;
    });
    return `# API reference

Every export of the library, with its declaration, its members and its errors. [Options](../options.md) has the options of
\`connect\`, \`serve\`, \`bindUdp\` and \`connectUdp\` with their values, defaults and flags.

An argument that is not possible is a \`TypeError\` that names the argument, shows the value and says what is expected. It is
thrown before anything happens. The functions that open something (\`connect\`, \`serve\`, \`bindUdp\`, \`connectUdp\`) reject with it.

${this.topics.map(({ page, title }) => `- [${title}](${page}.md)\n`).join("")}
${tables.join("\n")}`;
  }

  page({ page, title, see, exports }: Topic): string {
    const sections = exports.flatMap((name) => {
      const one = this.#exports.get(name);
      return one === undefined
        ? []
        : [new Section(one, page, this.#exports, this.#users, this.#linkOf).text()];
    });
    const also = see.map(
      ([text, path]) => `[${text}](${path.replace(/^reference\//, "../").replace(/^(?!\.\.)/, "../../")})`,
    );
    return `# ${title}\n\nSee also: ${[...also, "[all exports](README.md)"].join(", ")}.\n\n${sections.join("\n")}`;
  }
}

/** The section of one export. */
class Section {
  readonly #export: Export;
  readonly #page: string;
  readonly #exports: ReadonlyMap<string, Export>;
  readonly #users: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #linkOf: LinkOf;
  /** Names that the text has linked already: once is enough. */
  readonly #linked = new Set<string>();

  constructor(
    one: Export,
    page: string,
    exports: ReadonlyMap<string, Export>,
    users: ReadonlyMap<string, ReadonlySet<string>>,
    linkOf: LinkOf,
  ) {
    this.#linkOf = linkOf;
    this.#export = one;
    this.#page = page;
    this.#exports = exports;
    this.#users = users;
  }

  text(): string {
    const { name, items, entry } = this.#export;
    const [first] = items;
    const isType = first.kind === "Interface" || first.kind === "TypeAlias";
    const doc = docOf(items, name);
    return `${joined([
      `## ${name}`,
      `${kinds[first.kind]}: \`import ${isType ? "type " : ""}{ ${first.name} } from "${entry}";\``,
      this.#prose(doc.text),
      // Before the declaration, which may be long.
      this.#examples(doc),
      this.#declaration(items),
      this.#parameters(items, doc),
      this.#outcome(doc),
      this.#parents(first),
      this.#usersOf(name),
      this.#members(first),
    ]).trimEnd()}\n`;
  }

  /** The declarations; nothing for an interface or a class that is a name alone. */
  #declaration(items: readonly Item[]): string {
    // A list of names that has no section of its own is shown with what it belongs to.
    const parts = this.#export.unexported.filter(
      (item) => item.kind === "TypeAlias" && !targetsIn(item).some((name) => name !== item.name),
    );
    const text = [...items, ...parts].map(declarationOf).join("\n");
    if (/^(interface|class) \w+$/.test(text)) return "";
    return codeBlock(text);
  }

  #parameters(items: readonly Item[], doc: DocComment): string {
    const lines = new Map<string, string>();
    for (const item of items) {
      for (const { parameterName: name, parameterTypeTokenRange, isOptional } of item.parameters ?? []) {
        const optional = isOptional || !items.every((one) => hasParameter(one, name));
        const tokens = tokensIn(item, parameterTypeTokenRange);
        const type = linkedType(isOptional ? withoutUndefined(tokens) : tokens, this.#linkTo);
        const said = doc.params.get(name);
        // The last overload is the most general one.
        lines.set(
          name,
          `- ${code(`${name}${optional ? "?" : ""}:`)} ${type}${said === undefined ? "" : ` – ${this.#prose(said)}`}`,
        );
      }
    }
    for (const name of doc.params.keys()) {
      if (!lines.has(name))
        throw new Error(`${this.#export.name}: a comment documents ${name}, which is no parameter`);
    }
    return lines.size === 0 ? "" : `Parameters:\n\n${[...lines.values()].join("\n")}`;
  }

  #outcome(doc: DocComment): string {
    return joined([
      doc.returns === undefined ? "" : `Returns: ${this.#prose(doc.returns)}`,
      doc.throws.length === 0
        ? ""
        : `Throws:\n\n${doc.throws.map((one) => `- ${this.#prose(one)}`).join("\n")}`,
    ]).trimEnd();
  }

  #examples(doc: DocComment): string {
    return doc.examples.map((example) => `Example:\n\n${codeBlock(indented(example))}`).join("\n\n");
  }

  #parents(item: Item): string {
    return parentsOf(item)
      .flatMap((tokens) => {
        if (!tokens.some((token) => this.#exports.has(targetOf(token) ?? ""))) return [];
        const names = this.#memberNames((tokens[0] && targetOf(tokens[0])) ?? "");
        const listed = names.length === 0 ? "" : `: ${names.map(code).join(", ")}`;
        return [`Also has the members of ${linkedType(tokens, this.#linkTo)}${listed}.`];
      })
      .join("\n");
  }

  /** The names of a type's members, including inherited ones. */
  #memberNames(name: string): string[] {
    const item = this.#exports.get(name)?.items[0];
    if (item === undefined) return [];
    const inherited = parentsOf(item).flatMap(([token]) =>
      this.#memberNames((token && targetOf(token)) ?? ""),
    );
    const own = overloadsOf(item.members ?? []).flatMap(([member]) => member.name ?? []);
    return [...own, ...inherited];
  }

  #usersOf(name: string): string {
    const users = [...(this.#users.get(name) ?? [])].toSorted();
    if (this.#export.items[0].kind === "Function" || users.length === 0) return "";
    return `Used by: ${users.map((user) => `[${code(user)}](${this.#linkTo(user)})`).join(", ")}.`;
  }

  #members(item: Item): string {
    const groups = overloadsOf(item.members ?? []);
    const isMethod = ([{ kind }]: readonly [Item, ...Item[]]): boolean => !kind.startsWith("Property");
    const properties = groups.filter((group) => !isMethod(group)).map(([one]) => this.#property(one));
    const methods = groups.filter(isMethod).map((group) => this.#method(group));
    return joined([properties.join("\n").trimEnd(), ...methods]).trimEnd();
  }

  #property(item: Item): string {
    const { name = "", isOptional = false } = item;
    const tokens = tokensIn(item, item.propertyTypeTokenRange);
    const type = isOptional ? withoutUndefined(tokens) : tokens;
    const text = type.map((token) => token.text).join("");
    const shown =
      text.includes("\n") || text.length > 90
        ? `${code(`${name}${isOptional ? "?" : ""}`)}\n\n${codeBlock(withoutMemberIndent(text))}`
        : `${code(`${name}${isOptional ? "?" : ""}:`)} ${linkedType(type, this.#linkTo)}`;
    const doc = docOf([item], `${this.#export.name}.${name}`);
    const facts = this.#optionFacts(name, doc.text);
    const body = joined([shown, this.#prose(doc.text), this.#outcome(doc), facts]).trimEnd();
    return `- ${body.replaceAll(/\n(?!\n)/g, "\n  ").replaceAll(/ +$/gm, "")}\n`;
  }

  /** What the table of options says of it. */
  #optionFacts(name: string, said: string): string {
    const calls = callsOf[this.#export.name];
    if (calls === undefined) return "";
    if (!isOption(name))
      throw new Error(`${this.#export.name}.${name} is no option of ${calls.join(" or ")}`);
    const own = calls.filter((call) => rowOf(name).calls.includes(call));
    const value = /\bDefault:|\bdefault(?: is\b|[:,])|\bBy default\b/.test(said)
      ? ""
      : `Default: ${defaultText(name, own)}. `;
    return `${value}See [option ${code(name)}](../options.md#${anchorOf(name)}).`;
  }

  #method(items: readonly [Item, ...Item[]]): string {
    const name = items[0].name ?? "constructor";
    const title = name.startsWith("[") ? `${this.#export.name}${name}` : `${this.#export.name}.${name}`;
    const heading = items[0].kind === "Constructor" ? `new ${this.#export.name}` : title;
    const doc = docOf(items, title);
    return joined([
      `### ${heading}`,
      codeBlock(items.map(declarationOf).join("\n")),
      this.#prose(doc.text),
      this.#parameters(items, doc),
      this.#outcome(doc),
      this.#examples(doc),
    ]).trimEnd();
  }

  /** Names of exports, in code, become links: each once in a section. */
  #prose(text: string): string {
    return fromHere(text)
      .replaceAll(
        /\{@link (\w+)(?:\.(\w+))?(?:\s*\|\s*([^}]+))?\}/g,
        (whole, name: string, member?: string, shown?: string) => {
          const link = this.#linkToMember(name, member);
          if (link === undefined) throw new Error(`${this.#export.name}: ${whole} leads to no export`);
          return `[${shown ?? code(member === undefined ? name : `${name}.${member}`)}](${link})`;
        },
      )
      .replaceAll(
        /(?<!\[)`(([A-Z]\w+)(?:\.(\w+))?)(?:\(\))?`(?!\])/g,
        (whole, shown: string, name: string, member?: string) => {
          const link = this.#linkToMember(name, member);
          if (link === undefined || shown === this.#export.name || this.#linked.has(shown)) return whole;
          this.#linked.add(shown);
          return `[${whole}](${link})`;
        },
      );
  }

  /** A method has a heading of its own. */
  #linkToMember(name: string, member: string | undefined): string | undefined {
    const link = this.#linkTo(name);
    const members = this.#exports.get(name)?.items[0].members ?? [];
    if (!members.some((one) => one.name === member && one.kind.startsWith("Method"))) return link;
    return link?.replace(/#.*$/, `#${anchorOf(`${name}.${member}`)}`);
  }

  /** Where a name is documented, from this page. */
  readonly #linkTo = (name: string): string | undefined => {
    const link = this.#linkOf(name);
    return link?.startsWith(`${this.#page}.md#`) === true ? link.slice(`${this.#page}.md`.length) : link;
  };
}

/** Links to documentation, which a comment writes from its source file. */
function fromHere(text: string): string {
  return text.replaceAll(/\]\((?:\.\.\/)+docs\/(reference\/)?/g, (_, reference?: string) =>
    reference === undefined ? "](../../" : "](../",
  );
}

function hasParameter(item: Item, name: string): boolean {
  return item.parameters?.some(({ parameterName }) => parameterName === name) === true;
}

function isOption(name: string): name is OptionName {
  return optionNames.includes(name as OptionName);
}

/** The comment of the first overload that has one. */
function docOf(items: readonly Item[], name: string): DocComment {
  const documented = items.find(
    ({ docComment = "" }) =>
      docComment !== "" && !/^\/\*\*\s*\* Constructs a new instance of/.test(docComment),
  );
  const doc = parseComment(documented?.docComment);
  if (doc.text === "") throw new Error(`${name} has no doc comment`);
  return doc;
}

function firstSentence(text: string): string {
  const paragraph = text.split("\n\n")[0] ?? "";
  return /^[^]*?\.(?=\s|$)/.exec(paragraph)?.[0] ?? paragraph;
}

/** The comments' own indentation is lost on the way here. */
function indented(example: string): string {
  let depth = 0;
  return example
    .split("\n")
    .map((line) => {
      const text = line.trim();
      if (/^[)\]}]/.test(text)) depth--;
      const shown = text === "" ? "" : "  ".repeat(depth) + text;
      if (/[([{]$/.test(text)) depth++;
      return shown;
    })
    .join("\n");
}

function withoutMemberIndent(text: string): string {
  return text.replaceAll(/^ {4}/gm, "");
}

function codeBlock(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

/** Paragraphs, with an empty line between, and the end of a line after the last. */
function joined(paragraphs: readonly string[]): string {
  return `${paragraphs.filter((paragraph) => paragraph !== "").join("\n\n")}\n`;
}
