@NullMarked
package dev.millrace.streams;



