/**
 * Where RxJava's world meets the topology's: streams that end at subscribers, sources that are
 * written to a topic of the program's own, tables that are asked.
 *
 * <pre>
 * task -> FlowableNode -> Outlet -> (a queue per subscriber) -> Schedulers.io() -> onNext
 * Flowable -> Schedulers.io() -> Inflow -> producer -> internal topic -> task
 *                                  \---- request(1) per acknowledgement
 * </pre>
 */
@NullMarked
package dev.millrace.streams.internal.rx;

import org.jspecify.annotations.NullMarked;
