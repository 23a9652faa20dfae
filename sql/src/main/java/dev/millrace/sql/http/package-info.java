/** {@code POST /sql} and the WebSocket {@code /sql/ws}. */
@NullMarked
package dev.millrace.sql.http;

import org.jspecify.annotations.NullMarked;
