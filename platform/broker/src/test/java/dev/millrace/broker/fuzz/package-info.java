/** What a broker does with frames that no client would send: {@link WireFuzzTest}. */
@NullMarked
package dev.millrace.broker.fuzz;

import org.jspecify.annotations.NullMarked;
