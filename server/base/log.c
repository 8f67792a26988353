#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log_file.h"
#include "base/str.h"

enum { MAX_LINES = 64 * 1024, MAX_QUEUE = 16 * 1024 * 1024, MAX_MESSAGE = 8 * 1024, MAX_FOLDER = 64 };
enum { TOKEN_ID = 6, TOKEN_SECRET = 30 };

struct line {
    struct line *next;
    int64_t at_ms;
    char folder[MAX_FOLDER + 1];
    size_t length;
    char text[];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t writer;
    bool running, stopping, echo;
    enum log_level least;
    struct line *first, **last;
    size_t lines, bytes;
    uint64_t dropped_unreported;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .least = LOG_INFO};

static atomic_uint_fast64_t dropped, errors;
static void (*_Atomic on_error)(const char *store, const char *message);

void log_on_error(void (*fn)(const char *store, const char *message))
{
    atomic_store(&on_error, fn);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_token_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* Where `text` begins with the colon of a bot token ("123456:AA…"): the bytes up to its end, else 0. */
static size_t token_end(const char *text)
{
    size_t end = 1;
    while (is_token_char(text[end]))
        end++;
    return end > TOKEN_SECRET ? end : 0;
}

/* Characters that need no look at all: printable ASCII but the colon. */
static size_t plain_span(const char *text)
{
    size_t n = 0;
    while (text[n] >= 0x20 && text[n] < 0x7f && text[n] != ':')
        n++;
    return n;
}

/* Adds a message as one line: control characters and bytes that are not UTF-8 escaped, tokens blanked. */
static void add_message(struct str *s, const char *message)
{
    const char *text = message, *end = message + strlen(message);
    while (text < end) {
        size_t n = plain_span(text), token, digits = 0;
        str_add_bytes(s, text, n);
        text += n;
        uint32_t point = 0;
        n = str_utf8_decode(text, (size_t)(end - text), &point);
        while (text - digits > message && is_digit(text[-1 - (ptrdiff_t)digits]))
            digits++;
        if (text == end) {
            break;
        } else if (point == ':' && digits >= TOKEN_ID && (token = token_end(text)) > 0) {
            s->length -= digits;
            str_add(s, "[token]");
            n = token;
        } else if (n == 0) {
            str_addf(s, "\\x%02x", (unsigned char)*text);
            n = 1;
        } else if (point == '\n') {
            str_add(s, "\\n");
        } else if (point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029) {
            str_addf(s, point < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)point);
        } else {
            str_add_bytes(s, text, n);
        }
        text += n;
    }
}

/* A whole line with its line break. */
static void render(struct str *s, enum log_level level, int64_t at_ms, const char *message)
{
    static const char *const names[] = {[LOG_DEBUG] = "debug",
                                        [LOG_INFO] = "info",
                                        [LOG_WARN] = "warn",
                                        [LOG_ERROR] = "error",
                                        [LOG_ALERTED] = "error"};
    char stamp[25];
    clock_format_utc(at_ms, stamp);
    str_addf(s, "[%s] [%s] ", stamp, names[level]);
    add_message(s, message);
    str_add(s, "\n");
}

static bool is_folder(const char *store)
{
    size_t length = strspn(store, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return length > 0 && length <= MAX_FOLDER && store[length] == '\0';
}

static void write_error(const char *folder, const char *text)
{
    fprintf(stderr, "%s%s%s", folder, *folder ? ": " : "", text);
}

/* Queues the line, or counts it as dropped; frees nothing, waits for nothing. Under the lock. */
static void enqueue(const char *folder, int64_t at_ms, const struct str *text)
{
    size_t size = sizeof(struct line) + text->length + 1;
    if (state.lines >= MAX_LINES || state.bytes + size > MAX_QUEUE) {
        state.dropped_unreported++;
        atomic_fetch_add(&dropped, 1);
        return;
    }
    struct line *line = xcalloc(1, size);
    line->at_ms = at_ms;
    snprintf(line->folder, sizeof line->folder, "%s", folder);
    line->length = text->length;
    memcpy(line->text, text->text, text->length + 1);
    bool was_empty = !state.first;
    *(was_empty ? &state.first : state.last) = line;
    state.last = &line->next;
    state.lines++;
    state.bytes += size;
    if (was_empty)
        pthread_cond_signal(&state.wake);
}

/* `store` is a folder's name, or NULL. */
static void report_error(struct arena *arena, const char *store, const char *message)
{
    static _Thread_local bool reporting;
    void (*fn)(const char *store, const char *message) = atomic_load(&on_error);
    if (!fn || reporting)
        return;
    struct str clean = STR_INIT(arena);
    add_message(&clean, message);
    reporting = true;
    fn(store, str_done(&clean));
    reporting = false;
}

void log_write(enum log_level level, const char *store, const char *format, ...)
{
    if (level >= LOG_ERROR)
        atomic_fetch_add(&errors, 1);
    if (level < state.least)
        return;
    char message[MAX_MESSAGE];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (n < 0)
        message[0] = '\0';
    else if (n >= MAX_MESSAGE)
        memcpy(message + MAX_MESSAGE - 4, "...", 4);
    auto_arena struct arena *arena = arena_new();
    struct str text = STR_INIT(arena);
    int64_t now_ms = clock_now_ms();
    bool foreign = store && !is_folder(store);
    const char *folder = store && !foreign ? store : "server";
    render(&text, level, now_ms,
           foreign ? arena_printf(arena, "(store \"%.40s\") %s", store, message) : message);
    pthread_mutex_lock(&state.lock);
    bool queued = state.running;
    if (queued)
        enqueue(folder, now_ms, &text);
    pthread_mutex_unlock(&state.lock);
    if (!queued)
        write_error(store && !foreign ? store : "", text.text);
    if (level == LOG_ERROR)
        report_error(arena, foreign ? NULL : store, message);
}

/* Writes a batch and frees it; the number of lines lost on the way. */
static uint64_t write_batch(struct line *line, bool echo)
{
    uint64_t lost = 0;
    while (line) {
        struct line *next = line->next;
        if (!log_file_add(line->folder, line->at_ms, line->text, line->length))
            lost++;
        if (echo)
            write_error(strcmp(line->folder, "server") == 0 ? "" : line->folder, line->text);
        free(line);
        line = next;
    }
    if (!log_file_flush())
        lost++;
    return lost;
}

static void report_dropped(uint64_t count, bool echo)
{
    auto_arena struct arena *arena = arena_new();
    struct str text = STR_INIT(arena);
    int64_t now_ms = clock_now_ms();
    render(&text, LOG_WARN, now_ms,
           arena_printf(arena, "log: %llu lines dropped", (unsigned long long)count));
    bool written = log_file_add("server", now_ms, text.text, text.length) && log_file_flush();
    if (echo || !written)
        write_error("", text.text);
}

static void *writer_main(void *unused)
{
    pthread_mutex_lock(&state.lock);
    for (;;) {
        while (!state.first && !state.stopping && !state.dropped_unreported)
            pthread_cond_wait(&state.wake, &state.lock);
        if (!state.first && !state.dropped_unreported)
            break; /* stopping, and all is written */
        struct line *batch = state.first;
        uint64_t lost = state.dropped_unreported;
        state.first = NULL;
        state.lines = state.bytes = 0;
        state.dropped_unreported = 0;
        bool echo = state.echo;
        pthread_mutex_unlock(&state.lock);
        uint64_t failed = write_batch(batch, echo);
        atomic_fetch_add(&dropped, failed);
        if (lost + failed)
            report_dropped(lost + failed, echo);
        pthread_mutex_lock(&state.lock);
    }
    pthread_mutex_unlock(&state.lock);
    return NULL;
}

bool log_start(const char *directory, enum log_level least, bool echo, struct error *err)
{
    if (!log_file_open(directory, err))
        return false;
    pthread_mutex_lock(&state.lock);
    state.least = least;
    state.echo = echo;
    state.stopping = false;
    int failed = pthread_create(&state.writer, NULL, writer_main, NULL);
    state.running = !failed;
    pthread_mutex_unlock(&state.lock);
    if (failed) {
        log_file_close();
        return error_set(err, ERR_INTERNAL, "log: no thread: %s", strerror(failed));
    }
    return true;
}

void log_stop(void)
{
    pthread_mutex_lock(&state.lock);
    bool running = state.running;
    state.running = false;
    state.stopping = true;
    pthread_cond_signal(&state.wake);
    pthread_mutex_unlock(&state.lock);
    if (!running)
        return;
    pthread_join(state.writer, NULL);
    log_file_close();
}

uint64_t log_dropped(void)
{
    return atomic_load(&dropped);
}

uint64_t log_errors(void)
{
    return atomic_load(&errors);
}
