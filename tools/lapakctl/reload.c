/* lapakctl reload and status: what the running lapakd is asked. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "output.h"
#include "server.h"

static void print_names(const json_t *answer, const char *member)
{
    json_t *names = NULL;
    size_t i;
    json_t *name;
    if (!json_get_array(answer, member, &names) || !json_array_size(names))
        return;
    printf("%s:", member);
    json_array_foreach(names, i, name) printf(" %s", json_string_value(name));
    putchar('\n');
}

static size_t print_faults(struct command_context *context, const json_t *answer)
{
    json_t *list = NULL, *item;
    size_t i;
    struct faults faults = FAULTS_INIT(context->arena);
    if (!json_get_array(answer, "faults", &list))
        return 0;
    json_array_foreach(list, i, item)
    {
        const char *file = "", *key = "", *text = "";
        int64_t line = 0;
        json_get_string(item, "file", &file);
        json_get_string(item, "key", &key);
        json_get_string(item, "text", &text);
        json_get_int(item, "line", &line);
        fault_add(&faults, file, (int)line, key, "%s", text);
    }
    if (faults.count && !context->json)
        output_faults(context, &faults);
    return json_array_size(list);
}

static bool ask(struct command_context *context, const char *command, json_t **answer_out)
{
    struct command_setup setup;
    struct error err;
    if (!command_read_setup(context, &setup))
        return false;
    if (server_ask(&setup, json_pack("{s:s}", "command", command), answer_out, &err))
        return true;
    output_error(context, &err);
    return false;
}

static int run_reload(struct command_context *context)
{
    auto_json json_t *answer = NULL;
    int64_t unchanged = 0;
    const char *key;
    if (!ask(context, "reload", &answer))
        return COMMAND_FAILED;
    size_t faults = print_faults(context, answer);
    if (context->json) {
        output_json(json_incref(answer));
        return faults ? COMMAND_FAILED : COMMAND_OK;
    }
    print_names(answer, "added");
    print_names(answer, "changed");
    print_names(answer, "removed");
    json_get_int(answer, "unchanged", &unchanged);
    printf("unchanged: %" PRId64 "\n", unchanged);
    if (json_get_string(answer, "restart_for", &key))
        printf("%s of the server's configuration changed: that takes a restart\n", key);
    return faults ? COMMAND_FAILED : COMMAND_OK;
}

static int run_status(struct command_context *context)
{
    auto_json json_t *answer = NULL;
    const char *version = "";
    int64_t pid = 0, since = 0, stores = 0, live = 0, disabled = 0, suspended = 0;
    char began[17];
    if (!ask(context, "status", &answer))
        return COMMAND_FAILED;
    if (context->json) {
        output_json(json_incref(answer));
        return COMMAND_OK;
    }
    json_get_string(answer, "version", &version);
    json_get_int(answer, "pid", &pid);
    json_get_int(answer, "since", &since);
    json_get_int(answer, "stores", &stores);
    json_get_int(answer, "live", &live);
    json_get_int(answer, "disabled", &disabled);
    json_get_int(answer, "suspended", &suspended);
    clock_format(NULL, since, began);
    printf("lapakd %s, process %" PRId64 ", since %s UTC\n", version, pid, began);
    printf("%" PRId64 " stores: %" PRId64 " live, %" PRId64 " disabled, %" PRId64 " suspended\n", stores,
           live, disabled, suspended);
    return COMMAND_OK;
}

const struct command command_reload = {
    .name = "reload",
    .usage = "",
    .help = "make the running lapakd read the stores' files and the env file again",
    .run = run_reload,
};
const struct command command_status = {
    .name = "status",
    .usage = "",
    .help = "ask the running lapakd how it is",
    .run = run_status,
};
