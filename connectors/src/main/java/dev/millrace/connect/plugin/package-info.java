/**
 * Finds connectors, converters, transformations and predicates by class name or alias, each plugin
 * of {@code plugin.path} in a class loader of its own.
 */
@NullMarked
package dev.millrace.connect.plugin;

import org.jspecify.annotations.NullMarked;
