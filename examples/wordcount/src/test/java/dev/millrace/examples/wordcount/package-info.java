@NullMarked
package dev.millrace.examples.wordcount;

import org.jspecify.annotations.NullMarked;
