package dev.millrace.streams.kstream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** When a windowed aggregation speaks. */
public interface EmitStrategy {
    /** The two there are. */
    enum StrategyType {
        ON_WINDOW_CLOSE,
        ON_WINDOW_UPDATE;

        public static EmitStrategy forType(StrategyType type) {
            return type == ON_WINDOW_CLOSE ? onWindowClose() : onWindowUpdate();
        }
    }

    Logger log = LoggerFactory.getLogger(EmitStrategy.class);

    StrategyType type();

    /** One result per window, when stream time has passed its end and its grace. */
    static EmitStrategy onWindowClose() {
        return () -> StrategyType.ON_WINDOW_CLOSE;
    }

    /** A result per update, or per commit where a cache combines them. The default. */
    static EmitStrategy onWindowUpdate() {
        return () -> StrategyType.ON_WINDOW_UPDATE;
    }
}
