/** What can be queried: every topic, its columns as declared or as its records show them. */
@NullMarked
package dev.millrace.sql.catalog;

import org.jspecify.annotations.NullMarked;
