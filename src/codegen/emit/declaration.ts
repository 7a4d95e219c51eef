/** What emitters hand to `module.ts`: declarations as plain data, with types and bodies as text. */

/** One generated module before it is printed. */
export interface ModuleSource {
  /** Comment lines at the top, with their marks. */
  readonly header: readonly string[];
  readonly imports: readonly ImportSource[];
  readonly declarations: readonly Declaration[];
}

export interface ImportSource {
  readonly from: string;
  readonly typeOnly: boolean;
  readonly names: readonly { readonly name: string; readonly alias: string | undefined }[];
}

export type Declaration =
  ConstDeclaration | AliasDeclaration | InterfaceDeclaration | FunctionDeclaration | ClassDeclaration | StatementText;

interface DeclarationBase {
  readonly name: string;
  /** TSDoc, without the comment's marks. */
  readonly doc?: string | undefined;
  /** Default: exported. */
  readonly local?: boolean;
}

export interface ConstDeclaration extends DeclarationBase {
  readonly kind: "const";
  /** Undefined where the initializer says it all. */
  readonly type?: string;
  readonly value: string;
}

export interface AliasDeclaration extends DeclarationBase {
  readonly kind: "alias";
  readonly type: string;
}

export interface InterfaceDeclaration extends DeclarationBase {
  readonly kind: "interface";
  readonly properties?: readonly { readonly name: string; readonly type: string; readonly doc?: string | undefined }[];
  /** Optional methods. */
  readonly methods?: readonly Method[];
}

export interface FunctionDeclaration extends DeclarationBase {
  readonly kind: "function";
  readonly parameters: readonly Parameter[];
  readonly returns: string;
  readonly body: string;
  readonly async?: boolean;
}

export interface ClassDeclaration extends DeclarationBase {
  readonly kind: "class";
  readonly extends: string;
  readonly methods: readonly (Method & { readonly isStatic: boolean; readonly body: string })[];
}

export interface StatementText {
  readonly kind: "statement";
  readonly text: string;
}

export interface Method {
  readonly name: string;
  readonly doc?: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly returns: string;
}

export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly optional?: boolean;
}
