/* What programs written with librdkafka do, each as a command:
 *
 *   rdkafka_story BROKER produce TOPIC CODEC COUNT        idempotent, acks=all, keys 0..COUNT-1
 *   rdkafka_story BROKER group GROUP TOPIC STRATEGY COUNT two members read COUNT records, commit
 *   rdkafka_story BROKER transactions TOPIC ID            commits 10, aborts 5, commits 10, is fenced
 *   rdkafka_story BROKER copy FROM TO GROUP ID COUNT      consume, transform, produce; offsets in the transaction
 *   rdkafka_story BROKER count TOPIC ISOLATION            records up to the end of all partitions
 *   rdkafka_story BROKER admin TOPIC                      create, grow, configure, describe, delete
 *
 * Prints one line about what it saw; anything unexpected goes to stderr and ends it with 1.
 */
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *broker;
static int delivered;

static void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void check(rd_kafka_resp_err_t err, const char *what) {
    if (err) die("%s: %s", what, rd_kafka_err2str(err));
}

static void check_error(rd_kafka_error_t *error, const char *what) {
    if (error) die("%s: %s", what, rd_kafka_error_string(error));
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
    (void)rk;
    (void)opaque;
    /* Purged by an abort is no failure. */
    if (message->err && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE
        && message->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        fprintf(stderr, "not delivered: %s\n", rd_kafka_err2str(message->err));
    else if (!message->err)
        delivered++;
}

/* Pairs of settings, ended by NULL. */
static rd_kafka_t *client(rd_kafka_type_t type, ...) {
    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", broker, error, sizeof error)) die("%s", error);
    va_list args;
    va_start(args, type);
    for (const char *name; (name = va_arg(args, const char *));)
        if (rd_kafka_conf_set(conf, name, va_arg(args, const char *), error, sizeof error)) die("%s", error);
    va_end(args);
    if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *rk = rd_kafka_new(type, conf, error, sizeof error);
    if (!rk) die("%s", error);
    if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(rk);
    return rk;
}

static void send_one(rd_kafka_t *rk, const char *topic, const char *prefix, int number) {
    char key[32], value[64];
    snprintf(key, sizeof key, "%d", number);
    snprintf(value, sizeof value, "%s%d", prefix, number);
    rd_kafka_resp_err_t err;
    while ((err = rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, strlen(key)),
                RD_KAFKA_V_VALUE(value, strlen(value)), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_HEADER("n", key, -1), RD_KAFKA_V_END))
           == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(rk, 100);
    check(err, "produce");
}

static void produce(const char *topic, const char *codec, int count) {
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, "enable.idempotence", "true", "compression.codec", codec,
        "linger.ms", "5", NULL);
    for (int i = 0; i < count; i++) send_one(rk, topic, "value ", i);
    check(rd_kafka_flush(rk, 30000), "flush");
    printf("delivered %d\n", delivered);
    rd_kafka_destroy(rk);
}

static rd_kafka_t *member(const char *group, const char *topic, const char *strategy) {
    rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, "group.id", group, "partition.assignment.strategy", strategy,
        "auto.offset.reset", "earliest", "enable.auto.commit", "false", "session.timeout.ms", "10000",
        "heartbeat.interval.ms", "500", NULL);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    check(rd_kafka_subscribe(rk, topics), "subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
    return rk;
}

static int owned(rd_kafka_t *rk) {
    rd_kafka_topic_partition_list_t *partitions;
    check(rd_kafka_assignment(rk, &partitions), "assignment");
    int count = partitions->cnt;
    rd_kafka_topic_partition_list_destroy(partitions);
    return count;
}

/* Counts each of the records once: keys 0..count-1. */
static int take(rd_kafka_t *rk, char *seen, int count) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 50);
    int fresh = 0;
    if (message && !message->err) {
        char key[32];
        snprintf(key, sizeof key, "%.*s", (int)message->key_len, (const char *)message->key);
        int number = atoi(key);
        if (number < 0 || number >= count) die("key %s", key);
        fresh = !seen[number];
        seen[number] = 1;
    } else if (message && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        die("consume: %s", rd_kafka_message_errstr(message));
    }
    if (message) rd_kafka_message_destroy(message);
    return fresh;
}

static void group(const char *name, const char *topic, const char *strategy, int count) {
    rd_kafka_t *a = member(name, topic, strategy), *b = member(name, topic, strategy);
    char *seen = calloc(count, 1);
    int read = 0, spread = 0;
    for (int i = 0; i < 1200 && (read < count || !spread); i++) {
        read += take(a, seen, count) + take(b, seen, count);
        spread |= owned(a) > 0 && owned(b) > 0;
    }
    rd_kafka_resp_err_t err = rd_kafka_commit(a, NULL, 0);
    if (err != RD_KAFKA_RESP_ERR__NO_OFFSET) check(err, "commit");
    err = rd_kafka_commit(b, NULL, 0);
    if (err != RD_KAFKA_RESP_ERR__NO_OFFSET) check(err, "commit");
    printf("read %d, both own partitions: %s\n", read, spread ? "yes" : "no");
    check(rd_kafka_consumer_close(a), "close");
    check(rd_kafka_consumer_close(b), "close");
    rd_kafka_destroy(a);
    rd_kafka_destroy(b);
    free(seen);
}

static void transactions(const char *topic, const char *id) {
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, "transactional.id", id, NULL);
    check_error(rd_kafka_init_transactions(rk, 30000), "init");
    const int sizes[] = {10, 5, 10};
    for (int t = 0; t < 3; t++) {
        check_error(rd_kafka_begin_transaction(rk), "begin");
        for (int i = 0; i < sizes[t]; i++) send_one(rk, topic, t == 1 ? "aborted " : "committed ", i);
        if (t == 1) {
            check(rd_kafka_flush(rk, 30000), "flush");
            check_error(rd_kafka_abort_transaction(rk, 30000), "abort");
        } else {
            check_error(rd_kafka_commit_transaction(rk, 30000), "commit");
        }
    }
    rd_kafka_t *next = client(RD_KAFKA_PRODUCER, "transactional.id", id, NULL);
    check_error(rd_kafka_init_transactions(next, 30000), "init of the next");
    check_error(rd_kafka_begin_transaction(rk), "begin of the fenced");
    send_one(rk, topic, "fenced ", 0);
    rd_kafka_error_t *fenced = rd_kafka_commit_transaction(rk, 30000);
    printf("delivered %d, then %s\n", delivered,
        fenced && rd_kafka_error_is_fatal(fenced) ? "fenced" : fenced ? rd_kafka_error_string(fenced) : "not fenced");
    rd_kafka_destroy(next);
    rd_kafka_destroy(rk);
}

static void copy(const char *from, const char *to, const char *name, const char *id, int count) {
    rd_kafka_t *in = client(RD_KAFKA_CONSUMER, "group.id", name, "auto.offset.reset", "earliest",
        "enable.auto.commit", "false", "isolation.level", "read_committed", NULL);
    rd_kafka_t *out = client(RD_KAFKA_PRODUCER, "transactional.id", id, NULL);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, from, RD_KAFKA_PARTITION_UA);
    check(rd_kafka_subscribe(in, topics), "subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
    check_error(rd_kafka_init_transactions(out, 30000), "init");
    int copied = 0, round = 0;
    for (int polls = 0; polls < 600 && copied < count; polls++) {
        int batch = 0;
        for (rd_kafka_message_t *m; batch < 20 && (m = rd_kafka_consumer_poll(in, 100));) {
            if (!m->err) {
                if (!batch++) check_error(rd_kafka_begin_transaction(out), "begin");
                send_one(out, to, "copied ", copied + batch - 1);
            }
            rd_kafka_message_destroy(m);
        }
        if (!batch) continue;
        rd_kafka_topic_partition_list_t *offsets;
        check(rd_kafka_assignment(in, &offsets), "assignment");
        check(rd_kafka_position(in, offsets), "position");
        rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(in);
        check_error(rd_kafka_send_offsets_to_transaction(out, offsets, metadata, 30000), "send offsets");
        rd_kafka_consumer_group_metadata_destroy(metadata);
        if (round++ == 1) {
            /* As if something had failed: the offsets go with the records, and all is done again. */
            check_error(rd_kafka_abort_transaction(out, 30000), "abort");
            rd_kafka_topic_partition_list_t *committed = rd_kafka_topic_partition_list_copy(offsets);
            check(rd_kafka_committed(in, committed, 30000), "committed");
            for (int i = 0; i < committed->cnt; i++) {
                if (committed->elems[i].offset < 0) committed->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
            }
            check_error(rd_kafka_seek_partitions(in, committed, 10000), "seek");
            rd_kafka_topic_partition_list_destroy(committed);
        } else {
            check_error(rd_kafka_commit_transaction(out, 30000), "commit");
            copied += batch;
        }
        rd_kafka_topic_partition_list_destroy(offsets);
    }
    printf("copied %d\n", copied);
    check(rd_kafka_consumer_close(in), "close");
    rd_kafka_destroy(in);
    rd_kafka_destroy(out);
}

static void count(const char *topic, const char *isolation) {
    rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, "group.id", "unused", "isolation.level", isolation,
        "enable.partition.eof", "true", "check.crcs", "true", NULL);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    check(rd_kafka_metadata(rk, 0, handle, &metadata, 10000), "metadata");
    int partitions = metadata->topics[0].partition_cnt, ends = 0, records = 0;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
    for (int p = 0; p < partitions; p++)
        rd_kafka_topic_partition_list_add(all, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    check(rd_kafka_assign(rk, all), "assign");
    rd_kafka_topic_partition_list_destroy(all);
    for (int i = 0; i < 100000 && ends < partitions; i++) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 200);
        if (!m) continue;
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ends++;
        else if (m->err) die("consume: %s", rd_kafka_message_errstr(m));
        else records++;
        rd_kafka_message_destroy(m);
    }
    printf("%d records in %d partitions\n", records, ends);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

static rd_kafka_event_t *answer(rd_kafka_queue_t *queue, const char *what) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
    if (!event) die("%s: no answer", what);
    if (rd_kafka_event_error(event)) die("%s: %s", what, rd_kafka_event_error_string(event));
    return event;
}

static void topic_results(const rd_kafka_topic_result_t **results, size_t n, const char *what) {
    for (size_t i = 0; i < n; i++) {
        rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i]);
        printf("%s: %s\n", what, rd_kafka_err2name(err));
    }
}

static void admin(const char *name) {
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    char error[256];
    size_t n;
    rd_kafka_event_t *event;
    const rd_kafka_topic_result_t **topics;
    for (int twice = 0; twice < 2; twice++) {
        rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, 2, 1, error, sizeof error);
        check(rd_kafka_NewTopic_set_config(topic, "retention.ms", "3600000"), "config");
        rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
        event = answer(queue, "create");
        topics = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
        topic_results(topics, n, "create");
        rd_kafka_event_destroy(event);
        rd_kafka_NewTopic_destroy(topic);
    }
    rd_kafka_NewPartitions_t *more = rd_kafka_NewPartitions_new(name, 4, error, sizeof error);
    rd_kafka_CreatePartitions(rk, &more, 1, NULL, queue);
    event = answer(queue, "grow");
    topics = rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &n);
        topic_results(topics, n, "grow");
    rd_kafka_event_destroy(event);
    rd_kafka_NewPartitions_destroy(more);

    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_ConfigResource_set_config(resource, "max.message.bytes", "2000000");
    rd_kafka_AlterConfigs(rk, &resource, 1, NULL, queue);
    rd_kafka_event_destroy(answer(queue, "alter configs"));
    rd_kafka_ConfigResource_destroy(resource);
    /* A broker may take a moment to know what its controller has decided. */
    char altered[32] = "", kept[32] = "";
    for (int i = 0; i < 50 && strcmp(altered, "2000000"); i++) {
        resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
        rd_kafka_DescribeConfigs(rk, &resource, 1, NULL, queue);
        event = answer(queue, "describe configs");
        const rd_kafka_ConfigResource_t **described =
            rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &n);
        const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(described[0], &n);
        for (size_t e = 0; e < n; e++) {
            const char *entry = rd_kafka_ConfigEntry_name(entries[e]);
            if (!strcmp(entry, "max.message.bytes"))
                snprintf(altered, sizeof altered, "%s", rd_kafka_ConfigEntry_value(entries[e]));
            if (!strcmp(entry, "retention.ms"))
                snprintf(kept, sizeof kept, "%s", rd_kafka_ConfigEntry_value(entries[e]));
        }
        rd_kafka_event_destroy(event);
        rd_kafka_ConfigResource_destroy(resource);
    }
    printf("max.message.bytes=%s retention.ms=%s\n", altered, kept);

    rd_kafka_DeleteTopic_t *gone = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(rk, &gone, 1, NULL, queue);
    event = answer(queue, "delete");
    topics = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &n);
        topic_results(topics, n, "delete");
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(gone);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

int main(int argc, char **argv) {
    if (argc < 4) die("usage: rdkafka_story BROKER COMMAND ARGUMENT...");
    broker = argv[1];
    const char *command = argv[2];
    if (!strcmp(command, "produce") && argc == 6) produce(argv[3], argv[4], atoi(argv[5]));
    else if (!strcmp(command, "group") && argc == 7) group(argv[3], argv[4], argv[5], atoi(argv[6]));
    else if (!strcmp(command, "transactions") && argc == 5) transactions(argv[3], argv[4]);
    else if (!strcmp(command, "copy") && argc == 8) copy(argv[3], argv[4], argv[5], argv[6], atoi(argv[7]));
    else if (!strcmp(command, "count") && argc == 5) count(argv[3], argv[4]);
    else if (!strcmp(command, "admin")) admin(argv[3]);
    else die("no command %s with %d arguments", command, argc - 3);
    return 0;
}
