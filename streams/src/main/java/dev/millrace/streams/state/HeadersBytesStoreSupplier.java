package dev.millrace.streams.state;

/** Marks a supplier whose stores keep headers with their values. */
public interface HeadersBytesStoreSupplier {}
