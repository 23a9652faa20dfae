package dev.millrace.streams.conformance;

import dev.millrace.streams.examples.pageview.PageViewTypedDemo;
import dev.millrace.streams.examples.pageview.PageViewUntypedDemo;
import dev.millrace.streams.examples.pipe.PipeDemo;
import dev.millrace.streams.examples.temperature.TemperatureDemo;
import dev.millrace.streams.examples.wordcount.WordCountDemo;
import dev.millrace.streams.examples.wordcount.WordCountProcessorDemo;
import dev.millrace.streams.examples.wordcount.WordCountTransformerDemo;
import java.util.List;

/** Runs the examples side by side in a process, until it is asked to end. */
public final class AllExamples {
    private AllExamples() {}

    private interface Example {
        void main(String[] args) throws Exception;
    }

    /** The one that ends by itself after five seconds runs again until it has seen its input. */
    public static void main(String[] args) {
        List<Example> examples =
                List.of(
                        PipeDemo::main,
                        WordCountDemo::main,
                        WordCountProcessorDemo::main,
                        WordCountTransformerDemo::main,
                        TemperatureDemo::main,
                        PageViewTypedDemo::main,
                        ignored -> {
                            while (true) {
                                PageViewUntypedDemo.main(ignored);
                            }
                        });
        for (Example each : examples) {
            new Thread(
                            () -> {
                                try {
                                    each.main(new String[0]);
                                } catch (Exception e) {
                                    e.printStackTrace();
                                }
                            })
                    .start();
        }
    }
}
