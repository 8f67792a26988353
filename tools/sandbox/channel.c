#include "channel.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "sandbox.h"

static struct status {
    const char *name;
} statuses[] = {{"creator"}, {"administrator"}, {"member"}, {"restricted"}, {"left"}, {"kicked"}};

struct channel *channel_find(const struct sandbox *sandbox, int64_t id)
{
    return table_get_id(&sandbox->channels, id);
}

struct channel *channel_find_name(const struct sandbox *sandbox, const char *name)
{
    for (const struct table_entry *e = sandbox->channels.first; e && name[0] == '@'; e = e->next) {
        struct channel *channel = e->value;
        if (channel->username && strcasecmp(channel->username, name + 1) == 0)
            return channel;
    }
    return NULL;
}

static void replace(char **text, const char *value)
{
    if (!value)
        return;
    char *copy = *value ? xstrdup(value) : NULL;
    free(*text);
    *text = copy;
}

static bool name_is_free(const struct sandbox *sandbox, const char *username, int64_t id)
{
    auto_arena struct arena *arena = arena_new();
    const struct channel *other =
        username && *username ? channel_find_name(sandbox, arena_printf(arena, "@%s", username)) : NULL;
    return !other || other->id == id;
}

bool channel_set(struct sandbox *sandbox, int64_t id, const char *type, const char *title,
                 const char *username, struct channel **channel_out, struct error *err)
{
    if (id >= 0)
        return error_set(err, ERR_INVALID, "a channel's id is negative");
    if (type && strcmp(type, "channel") != 0 && strcmp(type, "supergroup") != 0)
        return error_set(err, ERR_INVALID, "type must be channel or supergroup");
    if (!name_is_free(sandbox, username, id))
        return error_set(err, ERR_CONFLICT, "another channel has that username");
    struct channel *channel = channel_find(sandbox, id);
    if (!channel) {
        channel = xcalloc(1, sizeof *channel);
        channel->id = id;
        channel->type = xstrdup("channel");
        channel->title = xstrdup("Channel");
        table_set_id(&sandbox->channels, id, channel);
    }
    replace(&channel->type, type);
    replace(&channel->title, title && *title ? title : NULL);
    replace(&channel->username, username);
    *channel_out = channel;
    return true;
}

bool channel_set_member(struct channel *channel, int64_t user, const char *status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (!str_equal(statuses[i].name, status))
            continue;
        table_set_id(&channel->members, user, &statuses[i]);
        return true;
    }
    return false;
}

const char *channel_status(const struct channel *channel, int64_t user)
{
    const struct status *status = table_get_id(&channel->members, user);
    return status ? status->name : "left";
}

bool channel_is_in(const char *status)
{
    return strcmp(status, "left") != 0 && strcmp(status, "kicked") != 0;
}

json_t *channel_chat_json(const struct channel *channel)
{
    json_t *json = json_pack("{s:I,s:s,s:s}", "id", (json_int_t)channel->id, "title", channel->title, "type",
                             channel->type);
    if (channel->username)
        json_object_set_new(json, "username", json_string(channel->username));
    return json;
}

void channel_free(void *pointer)
{
    struct channel *channel = pointer;
    table_clear(&channel->members, NULL);
    free(channel->type);
    free(channel->title);
    free(channel->username);
    free(channel);
}
