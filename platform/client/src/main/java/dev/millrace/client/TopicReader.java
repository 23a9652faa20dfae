package dev.millrace.client;

import io.reactivex.rxjava3.core.Flowable;
import java.util.function.Supplier;
import org.reactivestreams.Subscriber;

/** Cold: each subscription has a consumer, a thread and a projection of its own. */
final class TopicReader<R> extends Flowable<R> {
    private final OpenReaders open;
    private final ClientConfig config;
    private final String topic;
    private final ReadOptions options;
    private final ReaderLoop.Settling settling;
    private final Supplier<Projection<R>> projection;

    TopicReader(
            OpenReaders open,
            ClientConfig config,
            String topic,
            ReadOptions options,
            ReaderLoop.Settling settling,
            Supplier<Projection<R>> projection) {
        this.open = open;
        this.config = config;
        this.topic = topic;
        this.options = options;
        this.settling = settling;
        this.projection = projection;
    }

    @Override
    protected void subscribeActual(Subscriber<? super R> downstream) {
        ReaderLoop<R> loop =
                new ReaderLoop<>(
                        config, topic, options, settling, projection.get(), downstream, open);
        downstream.onSubscribe(loop);
        loop.start();
    }
}
