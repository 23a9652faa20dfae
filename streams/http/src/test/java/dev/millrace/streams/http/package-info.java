@NullMarked
package dev.millrace.streams.http;

import org.jspecify.annotations.NullMarked;
