#include "webhook.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "poster.h"
#include "sandbox.h"
#include "transaction.h"

enum { TRIES = 5, REORDER_WAIT_MS = 5000 };

struct webhook {
    uint64_t generation;
    struct transaction *transaction;
    char *body;
    int attempt;
    int times_left; /* sent again once it went through */
};

void webhook_free(void *pointer)
{
    struct webhook *webhook = pointer;
    free(webhook->body);
    free(webhook);
}

static struct webhook *webhook_new(struct sandbox *sandbox, struct transaction *t, int times)
{
    char completed[40];
    transaction_time(t->completed_ms, completed);
    auto_json json_t *body =
        json_pack("{s:s,s:s,s:I,s:b,s:s,s:s}", "txn_id", t->txn_id, "order_id", t->order_id, "amount",
                  (json_int_t)t->amount, "is_sandbox", t->project->is_sandbox, "status", "completed",
                  "completed_at", completed);
    struct webhook *webhook = xcalloc(1, sizeof *webhook);
    *webhook = (struct webhook){.generation = sandbox->generation,
                                .transaction = t,
                                .body = json_dumps(body, JSON_COMPACT),
                                .times_left = times};
    sandbox->webhooks_pending++;
    return webhook;
}

static void done_with(struct sandbox *sandbox, struct webhook *webhook)
{
    sandbox->webhooks_pending--;
    webhook_free(webhook);
}

static void post_webhook(struct sandbox *sandbox, void *data);

static void on_posted(struct sandbox *sandbox, struct post *post)
{
    struct webhook *webhook = post->data;
    if (webhook->generation != sandbox->generation)
        return; /* its project is gone; the poster frees it */
    post->data = NULL;
    post->dispose = NULL;
    struct transaction *t = webhook->transaction;
    bool good = post->status >= 200 && post->status < 300;
    json_t *entry = json_pack("{s:s,s:s,s:s,s:s,s:i,s:I,s:I,s:i}", "service", "pakasir", "slug",
                              t->project->slug, "txn_id", t->txn_id, "order_id", t->order_id, "status",
                              (int)post->status, "at_ms", (json_int_t)post->started_ms, "duration_ms",
                              (json_int_t)post->duration_ms, "attempt", webhook->attempt);
    if (post->fault)
        json_object_set_new(entry, "error", json_string(post->fault));
    journal_delivery(sandbox, entry);
    journal_event(sandbox, "webhook", 0, 0, 0);
    if (good && --webhook->times_left > 0) {
        webhook->attempt = 0;
        post_webhook(sandbox, webhook);
    } else if (good || webhook->attempt >= TRIES) {
        done_with(sandbox, webhook);
    } else {
        later_call(sandbox, sandbox_wait_ms(sandbox, 1000 << webhook->attempt), post_webhook, webhook,
                   webhook_free);
    }
}

static void post_webhook(struct sandbox *sandbox, void *data)
{
    struct webhook *webhook = data;
    struct project *project = webhook->transaction->project;
    if (!project->webhook_url) {
        done_with(sandbox, webhook);
        return;
    }
    struct post *post = xcalloc(1, sizeof *post);
    post->url = xstrdup(project->webhook_url);
    post->body = xstrdup(webhook->body);
    if (project->webhook_secret) {
        auto_arena struct arena *arena = arena_new();
        post->headers[0] = xstrdup(arena_printf(arena, "X-Secret: %s", project->webhook_secret));
    }
    post->done = on_posted;
    post->dispose = webhook_free;
    post->data = webhook;
    webhook->attempt++;
    webhook->transaction->webhooks_sent++;
    poster_send(sandbox->poster, post);
}

static void release_held(struct sandbox *sandbox, struct project *project)
{
    struct webhook *held = project->held;
    project->held = NULL;
    if (held)
        post_webhook(sandbox, held);
}

static void held_is_over(struct sandbox *sandbox, void *data)
{
    release_held(sandbox, data);
}

static void admit(struct sandbox *sandbox, struct webhook *webhook, int64_t delay_ms)
{
    struct project *project = webhook->transaction->project;
    struct failure_hit hit = failure_take(sandbox, FAIL_PAKASIR_WEBHOOK, 0, project->slug, NULL, 0);
    switch (hit.mode) {
    case FAIL_NEVER:
        done_with(sandbox, webhook);
        return;
    case FAIL_REORDER:
        if (project->held)
            break;
        project->held = webhook;
        later_call(sandbox, sandbox_wait_ms(sandbox, REORDER_WAIT_MS), held_is_over, project, NULL);
        return;
    case FAIL_TWICE:
        webhook->times_left++;
        break;
    case FAIL_SLOW:
        delay_ms += hit.delay_ms;
        break;
    default:
        break;
    }
    if (delay_ms > 0)
        later_call(sandbox, delay_ms, post_webhook, webhook, webhook_free);
    else
        post_webhook(sandbox, webhook);
    if (project->held) /* a moment later, so that it really comes after */
        later_call(sandbox, delay_ms + sandbox_wait_ms(sandbox, 1000), held_is_over, project, NULL);
}

void webhook_send(struct sandbox *sandbox, struct transaction *transaction, int times, bool parallel,
                  int64_t delay_ms)
{
    if (!transaction->project->webhook_url)
        return;
    for (int i = 0; i < (parallel ? times : times > 0); i++)
        admit(sandbox, webhook_new(sandbox, transaction, parallel ? 1 : times), delay_ms);
}
