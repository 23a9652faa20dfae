/**
 * What happens to a record between the cluster and a connector: conversion, transformation, errors.
 */
@NullMarked
package dev.millrace.connect.record;

import org.jspecify.annotations.NullMarked;
