/**
 * The object types of a source file, with their doc comments: the source of the pages about types.
 *
 * Read by oxc-parser, as the imports are in test/architecture: it keeps the comments with their positions.
 */
import { readFileSync } from "node:fs";
import {
  parseSync,
  type Comment,
  type TSInterfaceDeclaration,
  type TSSignature,
  type TSType,
} from "oxc-parser";

export interface Field {
  readonly name: string;
  readonly type: string;
  /** Its doc comment, empty if it has none; each line as it is written. */
  readonly doc: string;
}

/** An interface, or one member of a union. */
export interface ObjectType {
  readonly doc: string;
  /** For a member of a union: the line comment that stands directly before it, as a heading for it and those behind. */
  readonly heading: string | undefined;
  readonly fields: readonly Field[];
}

export class SourceTypes {
  readonly #path: string;
  readonly #source: string;
  readonly #comments: readonly Comment[];
  readonly #interfaces = new Map<string, { readonly start: number; readonly node: TSInterfaceDeclaration }>();
  readonly #unions = new Map<string, readonly TSType[]>();

  constructor(path: string) {
    this.#path = path;
    this.#source = readFileSync(path, "utf8");
    const { program, comments, errors } = parseSync(path, this.#source);
    if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
    this.#comments = comments;
    for (const statement of program.body) {
      const node = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
      if (node?.type === "TSInterfaceDeclaration") {
        this.#interfaces.set(node.id.name, { start: statement.start, node });
      } else if (node?.type === "TSTypeAliasDeclaration" && node.typeAnnotation.type === "TSUnionType") {
        this.#unions.set(node.id.name, node.typeAnnotation.types);
      }
    }
  }

  /** An interface, with what it inherits from others of the file. */
  interface(name: string): ObjectType {
    const found = this.#interfaces.get(name);
    if (found === undefined) throw new Error(`${this.#path}: there is no interface ${name}`);
    return { ...this.#commentsBefore(found.start), fields: this.#fieldsOfInterface(found.node) };
  }

  /** The properties that an interface declares itself. */
  ownFields(name: string): readonly Field[] {
    const found = this.#interfaces.get(name);
    if (found === undefined) throw new Error(`${this.#path}: there is no interface ${name}`);
    return this.#fieldsOf(found.node.body.body);
  }

  /** The members of a union of object types. */
  union(name: string): ObjectType[] {
    const members = this.#unions.get(name);
    if (members === undefined) throw new Error(`${this.#path}: there is no union ${name}`);
    return members.map((member) => ({
      ...this.#commentsBefore(member.start),
      fields: this.#fieldsOfType(member),
    }));
  }

  #fieldsOfType(type: TSType): Field[] {
    if (type.type === "TSParenthesizedType") return this.#fieldsOfType(type.typeAnnotation);
    if (type.type === "TSIntersectionType") return type.types.flatMap((one) => this.#fieldsOfType(one));
    if (type.type === "TSTypeLiteral") return this.#fieldsOf(type.members);
    const found = this.#interfaces.get(this.#textOf(type));
    if (found === undefined)
      throw new Error(`${this.#path}: ${this.#textOf(type)} is no object type of this file`);
    return this.#fieldsOfInterface(found.node);
  }

  #fieldsOfInterface(node: TSInterfaceDeclaration): Field[] {
    const inherited = node.extends.flatMap(({ expression }) => {
      const parent = this.#interfaces.get(this.#textOf(expression));
      return parent === undefined ? [] : this.#fieldsOfInterface(parent.node);
    });
    return [...inherited, ...this.#fieldsOf(node.body.body)];
  }

  #fieldsOf(members: readonly TSSignature[]): Field[] {
    return members.flatMap((member) => {
      if (member.type !== "TSPropertySignature" || member.typeAnnotation === null) return [];
      const type = this.#textOf(member.typeAnnotation.typeAnnotation).replaceAll(/\s+/g, " ");
      return [{ name: this.#textOf(member.key), type, doc: this.#commentsBefore(member.start).doc }];
    });
  }

  /** The doc comment that ends where a node begins, and the line comment before that. */
  #commentsBefore(start: number): { readonly doc: string; readonly heading: string | undefined } {
    let doc = "";
    let end = start;
    for (const comment of this.#comments.toReversed()) {
      if (comment.end > end || !/^[\s|]*$/.test(this.#source.slice(comment.end, end))) continue;
      if (comment.type === "Line") return { doc, heading: comment.value.trim() };
      if (doc !== "") break;
      doc = textOfDoc(comment.value);
      end = comment.start;
    }
    return { doc, heading: undefined };
  }

  #textOf(node: { readonly start: number; readonly end: number }): string {
    return this.#source.slice(node.start, node.end);
  }
}

/** A doc comment without its stars. */
function textOfDoc(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*+ ?/, "").trimEnd())
    .join("\n")
    .trim();
}
