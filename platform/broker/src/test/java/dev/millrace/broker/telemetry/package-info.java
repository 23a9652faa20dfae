@NullMarked
package dev.millrace.broker.telemetry;

import org.jspecify.annotations.NullMarked;
