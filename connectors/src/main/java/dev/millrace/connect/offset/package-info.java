/** Source offsets: which may be committed, and the file that keeps them. */
@NullMarked
package dev.millrace.connect.offset;

import org.jspecify.annotations.NullMarked;
