/** Live data to look at: text and clicks, counted by a DSL program and by an SQL query. */
@NullMarked
package dev.millrace.node.demo;

import org.jspecify.annotations.NullMarked;
