/**
 * The parser of the RPC language: one rule for each production of rpcl.ebnf, under the same name. It recovers from errors,
 * so that one run reports several mistakes; what it could not read is marked as recovered in the tree.
 */
import type { CstNode, IParserErrorMessageProvider, IToken, ParserMethod, TokenType } from "chevrotain";
import { CstParser } from "./chevrotain.ts";
import * as t from "./tokens.ts";

type Rule = ParserMethod<[], CstNode>;

export class RpclParser extends CstParser {
  readonly #onSearch: (() => void) | undefined;

  /**
   * @param onSearch told of each token that is looked at ahead of the next one: so recovery searches where to go on. Without a
   *   place to go on, each mistake has it search to the end of the text. What it throws ends the parsing.
   */
  constructor(errorMessageProvider?: IParserErrorMessageProvider, onSearch?: () => void) {
    super(t.vocabulary, {
      recoveryEnabled: true,
      maxLookahead: 1,
      nodeLocationTracking: "onlyOffset",
      ...(errorMessageProvider && { errorMessageProvider }),
    });
    this.#onSearch = onSearch;
    this.performSelfAnalysis();
  }

  protected override LA(howMuch: number): IToken {
    if (howMuch > 1) this.#onSearch?.();
    return super.LA(howMuch);
  }

  /** An opening bracket that recovery made up would let nesting grow without any bracket in the text (`struct struct struct …`). */
  protected override canTokenTypeBeInsertedInRecovery(type: TokenType): boolean {
    return type !== t.LeftBrace && type !== t.LeftParenthesis;
  }

  readonly specification: Rule = this.RULE("specification", () => {
    this.MANY(() => this.SUBRULE(this.definition));
  });

  readonly definition: Rule = this.RULE("definition", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.type_def) },
      { ALT: () => this.SUBRULE(this.constant_def) },
      { ALT: () => this.SUBRULE(this.program_def) },
      { ALT: () => this.SUBRULE(this.namespace_def) },
      { ALT: () => this.SUBRULE(this.pragma_def) },
    ]);
  });

  readonly namespace_def: Rule = this.RULE("namespace_def", () => {
    this.CONSUME(t.Namespace);
    this.CONSUME(t.Identifier);
    this.MANY(() => {
      this.CONSUME(t.DoubleColon);
      this.CONSUME2(t.Identifier);
    });
    this.CONSUME(t.LeftBrace);
    this.MANY2(() => this.SUBRULE(this.definition));
    this.CONSUME(t.RightBrace);
    this.OPTION(() => this.CONSUME(t.Semicolon));
  });

  readonly pragma_def: Rule = this.RULE("pragma_def", () => {
    this.CONSUME(t.Pragma);
    this.AT_LEAST_ONE(() => this.CONSUME(t.Identifier));
    this.CONSUME(t.Semicolon);
  });

  readonly type_def: Rule = this.RULE("type_def", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Typedef);
          this.SUBRULE(this.declaration);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Enum);
          this.CONSUME(t.Identifier);
          this.SUBRULE(this.enum_body);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Struct);
          this.CONSUME2(t.Identifier);
          this.SUBRULE(this.struct_body);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Union);
          this.CONSUME3(t.Identifier);
          this.SUBRULE(this.union_body);
        },
      },
    ]);
    this.CONSUME(t.Semicolon);
  });

  readonly constant_def: Rule = this.RULE("constant_def", () => {
    this.CONSUME(t.Const);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.Equals);
    this.OR([{ ALT: () => this.SUBRULE(this.value) }, { ALT: () => this.CONSUME(t.StringConstant) }]);
    this.CONSUME(t.Semicolon);
  });

  readonly declaration: Rule = this.RULE("declaration", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Void);
          this.OPTION(() => this.CONSUME(t.Star));
          this.OPTION2(() => this.SUBRULE(this.declarator));
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.type_specifier);
          this.OPTION3(() => this.CONSUME2(t.Star));
          this.SUBRULE2(this.declarator);
        },
      },
    ]);
  });

  readonly declarator: Rule = this.RULE("declarator", () => {
    this.CONSUME(t.Identifier);
    this.OPTION(() => {
      this.OR([{ ALT: () => this.SUBRULE(this.fixed_size) }, { ALT: () => this.SUBRULE(this.variable_size) }]);
    });
  });

  readonly fixed_size: Rule = this.RULE("fixed_size", () => {
    this.CONSUME(t.LeftBracket);
    this.SUBRULE(this.value);
    this.CONSUME(t.RightBracket);
  });

  readonly variable_size: Rule = this.RULE("variable_size", () => {
    this.CONSUME(t.LeftAngle);
    this.OPTION(() => this.SUBRULE(this.value));
    this.CONSUME(t.RightAngle);
  });

  readonly value: Rule = this.RULE("value", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Constant) },
      { ALT: () => this.CONSUME(t.CharacterConstant) },
      { ALT: () => this.SUBRULE(this.qualified_name) },
    ]);
  });

  readonly qualified_name: Rule = this.RULE("qualified_name", () => {
    this.OPTION(() => this.CONSUME(t.DoubleColon));
    this.CONSUME(t.Identifier);
    this.MANY(() => {
      this.CONSUME2(t.DoubleColon);
      this.CONSUME2(t.Identifier);
    });
  });

  readonly type_specifier: Rule = this.RULE("type_specifier", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.integer_type) },
      { ALT: () => this.CONSUME(t.Float) },
      { ALT: () => this.CONSUME(t.Double) },
      { ALT: () => this.CONSUME(t.Quadruple) },
      { ALT: () => this.CONSUME(t.Bool) },
      { ALT: () => this.CONSUME(t.String) },
      { ALT: () => this.CONSUME(t.Opaque) },
      { ALT: () => this.SUBRULE(this.enum_type_spec) },
      { ALT: () => this.SUBRULE(this.struct_type_spec) },
      { ALT: () => this.SUBRULE(this.union_type_spec) },
      { ALT: () => this.SUBRULE(this.qualified_name) },
    ]);
  });

  readonly integer_type: Rule = this.RULE("integer_type", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Unsigned);
          this.OPTION(() => {
            this.OR2([{ ALT: () => this.CONSUME(t.Int) }, { ALT: () => this.SUBRULE(this.sized_integer) }]);
          });
        },
      },
      { ALT: () => this.CONSUME2(t.Int) },
      { ALT: () => this.SUBRULE2(this.sized_integer) },
    ]);
  });

  readonly sized_integer: Rule = this.RULE("sized_integer", () => {
    this.OR([
      {
        ALT: () => {
          this.OR2([
            { ALT: () => this.CONSUME(t.Hyper) },
            { ALT: () => this.CONSUME(t.Short) },
            {
              ALT: () => {
                this.CONSUME(t.Long);
                this.OPTION(() => this.CONSUME2(t.Long));
              },
            },
          ]);
          this.OPTION2(() => this.CONSUME(t.Int));
        },
      },
      { ALT: () => this.CONSUME(t.Char) },
    ]);
  });

  readonly enum_type_spec: Rule = this.RULE("enum_type_spec", () => {
    this.CONSUME(t.Enum);
    this.OR([{ ALT: () => this.SUBRULE(this.enum_body) }, { ALT: () => this.SUBRULE(this.qualified_name) }]);
  });

  readonly struct_type_spec: Rule = this.RULE("struct_type_spec", () => {
    this.CONSUME(t.Struct);
    this.OR([{ ALT: () => this.SUBRULE(this.struct_body) }, { ALT: () => this.SUBRULE(this.qualified_name) }]);
  });

  readonly union_type_spec: Rule = this.RULE("union_type_spec", () => {
    this.CONSUME(t.Union);
    this.OR([{ ALT: () => this.SUBRULE(this.union_body) }, { ALT: () => this.SUBRULE(this.qualified_name) }]);
  });

  readonly enum_body: Rule = this.RULE("enum_body", () => {
    this.CONSUME(t.LeftBrace);
    this.SUBRULE(this.enumerator);
    this.MANY({
      GATE: () => this.LA(2).tokenType !== t.RightBrace,
      DEF: () => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.enumerator);
      },
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    this.CONSUME(t.RightBrace);
  });

  readonly enumerator: Rule = this.RULE("enumerator", () => {
    this.CONSUME(t.Identifier);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.value);
    });
  });

  readonly struct_body: Rule = this.RULE("struct_body", () => {
    this.CONSUME(t.LeftBrace);
    this.AT_LEAST_ONE(() => {
      this.SUBRULE(this.declaration);
      this.CONSUME(t.Semicolon);
    });
    this.CONSUME(t.RightBrace);
  });

  readonly union_body: Rule = this.RULE("union_body", () => {
    this.CONSUME(t.Switch);
    this.CONSUME(t.LeftParenthesis);
    this.SUBRULE(this.declaration);
    this.CONSUME(t.RightParenthesis);
    this.CONSUME(t.LeftBrace);
    this.AT_LEAST_ONE(() => {
      this.OR([{ ALT: () => this.SUBRULE(this.case_spec) }, { ALT: () => this.SUBRULE(this.default_spec) }]);
    });
    this.CONSUME(t.RightBrace);
  });

  readonly case_spec: Rule = this.RULE("case_spec", () => {
    this.AT_LEAST_ONE(() => {
      this.CONSUME(t.Case);
      this.SUBRULE(this.value);
      this.CONSUME(t.Colon);
    });
    this.SUBRULE(this.declaration);
    this.CONSUME(t.Semicolon);
  });

  readonly default_spec: Rule = this.RULE("default_spec", () => {
    this.CONSUME(t.Default);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.declaration);
    this.CONSUME(t.Semicolon);
  });

  readonly program_def: Rule = this.RULE("program_def", () => {
    this.CONSUME(t.Program);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.LeftBrace);
    this.MANY(() => this.SUBRULE(this.version_def));
    this.CONSUME(t.RightBrace);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.value);
    this.CONSUME(t.Semicolon);
  });

  readonly version_def: Rule = this.RULE("version_def", () => {
    this.CONSUME(t.Version);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.LeftBrace);
    this.MANY(() => this.SUBRULE(this.procedure_def));
    this.CONSUME(t.RightBrace);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.value);
    this.CONSUME(t.Semicolon);
  });

  readonly procedure_def: Rule = this.RULE("procedure_def", () => {
    this.SUBRULE(this.proc_return);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.LeftParenthesis);
    this.OPTION(() => {
      this.SUBRULE(this.proc_firstarg);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        this.SUBRULE(this.proc_arg);
      });
    });
    this.CONSUME(t.RightParenthesis);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.value);
    this.CONSUME(t.Semicolon);
  });

  readonly proc_return: Rule = this.RULE("proc_return", () => {
    this.SUBRULE(this.proc_type);
    this.OPTION(() => this.SUBRULE(this.variable_size));
  });

  readonly proc_firstarg: Rule = this.RULE("proc_firstarg", () => {
    this.SUBRULE(this.proc_type);
    this.OPTION(() => this.CONSUME(t.Identifier));
    this.OPTION2(() => this.SUBRULE(this.variable_size));
  });

  readonly proc_arg: Rule = this.RULE("proc_arg", () => {
    this.SUBRULE(this.proc_type);
    this.OPTION(() => this.CONSUME(t.Identifier));
    this.OPTION2(() => this.SUBRULE(this.variable_size));
  });

  readonly proc_type: Rule = this.RULE("proc_type", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Void) }, { ALT: () => this.SUBRULE(this.type_specifier) }]);
    this.OPTION(() => this.CONSUME(t.Star));
  });
}
