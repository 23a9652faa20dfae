package dev.millrace.client;

import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.core.CompletableObserver;
import io.reactivex.rxjava3.core.CompletableSource;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.FlowableSubscriber;
import io.reactivex.rxjava3.disposables.Disposable;
import io.reactivex.rxjava3.disposables.SerialDisposable;
import io.reactivex.rxjava3.exceptions.Exceptions;
import io.reactivex.rxjava3.functions.Function;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;

/**
 * Like {@code concatMapCompletable}, but asks for the next element only after the work for the last
 * one is done; the operator of RxJava asks as soon as it begins that work.
 */
final class ProcessOneByOne<T> extends Completable {
    private final Flowable<T> source;
    private final Function<? super T, ? extends CompletableSource> handler;

    ProcessOneByOne(Flowable<T> source, Function<? super T, ? extends CompletableSource> handler) {
        this.source = source;
        this.handler = handler;
    }

    @Override
    protected void subscribeActual(CompletableObserver downstream) {
        source.subscribe(new Step<>(downstream, handler));
    }

    private static final class Step<T> implements FlowableSubscriber<T>, Disposable {
        private final CompletableObserver downstream;
        private final Function<? super T, ? extends CompletableSource> handler;
        private final SerialDisposable work = new SerialDisposable();
        private final AtomicBoolean ended = new AtomicBoolean();
        private @Nullable Subscription upstream;

        Step(
                CompletableObserver downstream,
                Function<? super T, ? extends CompletableSource> handler) {
            this.downstream = downstream;
            this.handler = handler;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            upstream = subscription;
            downstream.onSubscribe(this);
            subscription.request(1);
        }

        @Override
        public void onNext(T element) {
            CompletableSource result;
            try {
                result = handler.apply(element);
            } catch (Throwable e) {
                Exceptions.throwIfFatal(e);
                fail(e);
                return;
            }
            result.subscribe(
                    new CompletableObserver() {
                        @Override
                        public void onSubscribe(Disposable disposable) {
                            work.replace(disposable);
                        }

                        @Override
                        public void onComplete() {
                            if (upstream != null) {
                                upstream.request(1);
                            }
                        }

                        @Override
                        public void onError(Throwable e) {
                            fail(e);
                        }
                    });
        }

        private void fail(Throwable e) {
            if (upstream != null) {
                upstream.cancel();
            }
            onError(e);
        }

        @Override
        public void onError(Throwable e) {
            if (ended.compareAndSet(false, true)) {
                work.dispose();
                downstream.onError(e);
            }
        }

        @Override
        public void onComplete() {
            if (ended.compareAndSet(false, true)) {
                downstream.onComplete();
            }
        }

        @Override
        public void dispose() {
            ended.set(true);
            if (upstream != null) {
                upstream.cancel();
            }
            work.dispose();
        }

        @Override
        public boolean isDisposed() {
            return ended.get();
        }
    }
}
