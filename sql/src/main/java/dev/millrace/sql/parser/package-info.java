/**
 * Text to statements: Calcite's parser with our statements added. The grammar is in {@code
 * src/main/codegen}; the generated classes are in {@code dev.millrace.sql.parser.generated}.
 */
@NullMarked
package dev.millrace.sql.parser;

import org.jspecify.annotations.NullMarked;
