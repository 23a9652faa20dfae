// The packages below come without type declarations.
declare module "@codemirror/lang-sql" {
  import type { Extension } from "@codemirror/state";
  export class SQLDialect {
    static define(spec: { keywords?: string; types?: string; builtin?: string; backslashEscapes?: boolean;
      doubleQuotedStrings?: boolean; identifierQuotes?: string; caseInsensitiveIdentifiers?: boolean }): SQLDialect;
  }
  export function sql(config: { dialect?: SQLDialect; schema?: Record<string, readonly string[]>; upperCaseKeywords?: boolean }): Extension & { language: unknown };
}
