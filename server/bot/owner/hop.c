#include "bot/owner/hop.h"

#include "base/log.h"
#include "base/str.h"
#include "bot/page.h"

static struct lanes *the_lanes;

void hop_use_lanes(struct lanes *lanes)
{
    the_lanes = lanes;
}

struct lane_store *hop_lane(const char *store)
{
    return str_equal(store, TENANT_SERVER_NAME) ? lanes_server_store(the_lanes)
                                                : lanes_find_store(the_lanes, store);
}

static void come_back(struct work *work, void *argument)
{
    struct hop *hop = argument;
    struct arena *arena = hop->arena;
    json_t *keyboard = NULL;
    const char *html = hop->kind->show(work, hop, &keyboard);
    if (hop->message_id)
        page_change(work, hop->chat_id, hop->message_id, html, keyboard);
    else
        page_aside(work, hop->chat_id, html, keyboard);
    arena_free(&arena);
}

static void ask(struct work *work, void *argument)
{
    struct hop *hop = argument;
    struct arena *task_arena = work->arena;
    struct error err;
    work->arena = hop->arena;
    if (!hop->kind->ask(work, hop, &err)) {
        log_warn(lane_store_name(work->store), "asked by the owner: %s", err.text);
        hop->answer = NULL;
    }
    work_end(work);
    work->arena = task_arena;
    lane_submit_internal(hop->server, come_back, hop);
}

void hop_start(struct turn *turn, const struct hop_kind *kind, const char *store, int64_t number)
{
    struct lane_store *lane = hop_lane(store);
    struct work *work = turn->work;
    if (!lane) {
        page_answer(work, &turn->page, say_label(work, TEXT_OWNER_NOT_SERVED), true);
        return;
    }
    struct arena *arena = arena_new();
    struct hop *hop = ARENA_NEW(arena, struct hop);
    *hop = (struct hop){.kind = kind,
                        .arena = arena,
                        .store = arena_strdup(arena, store),
                        .chat_id = turn->update->chat_id,
                        .message_id = page_can_edit(turn->update) ? turn->update->message_id : 0,
                        .number = number,
                        .server = work->store};
    page_answer(work, &turn->page, say_label(work, TEXT_OWNER_A_MOMENT), false);
    lane_submit_internal(lane, ask, hop);
}
