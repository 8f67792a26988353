#include "tenants/writer.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "tenants/load.h"

enum { MOST_ENV_BYTES = 1024 * 1024, MOST_NAMES = 100 };

/* The secrets of a store: what its file calls them. */
enum { SECRET_TOKEN, SECRET_KEY, SECRET_WEBHOOK, SECRETS };
static const char *const endings[SECRETS] = {"_BOT_TOKEN", "_PAKASIR_KEY", "_PAKASIR_SECRET"};

/* One writing: what lies beside its place until it is moved there. */
struct writing {
    struct arena *arena;
    const struct config *config;
    const struct tenant_draft *draft;
    const char *env_path;        /* without symbolic links */
    const char *names[SECRETS];  /* of variables */
    bool is_there[SECRETS];      /* with this value already */
    const char *folder, *staged; /* NULL until made */
    const char *staged_env;      /* NULL until made */
    int lock_fd;
};

static const char *secret_of(const struct tenant_draft *draft, int i)
{
    const char *const values[SECRETS] = {draft->token, draft->api_key, draft->webhook_secret};
    return values[i];
}

static void writing_end(struct writing *writing)
{
    if (writing->staged)
        unlink(writing->staged);
    if (writing->folder)
        rmdir(writing->folder);
    if (writing->staged_env)
        unlink(writing->staged_env);
    if (writing->lock_fd >= 0)
        close(writing->lock_fd);
}
#define auto_writing __attribute__((cleanup(writing_end)))

static bool fail(struct error *err, const char *path)
{
    return error_set(err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
}

/* --- variables --- */

/* "KOPI_DIGITAL_BOT_TOKEN", or with a number behind it where a variable of that name holds something else. */
static bool choose_name(struct writing *writing, int secret, const struct env *env, struct error *err)
{
    char *stem = arena_strdup(writing->arena, writing->draft->name);
    for (char *p = stem; *p; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    for (int number = 1; number <= MOST_NAMES; number++) {
        const char *name = number == 1
                               ? arena_printf(writing->arena, "%s%s", stem, endings[secret])
                               : arena_printf(writing->arena, "%s%s_%d", stem, endings[secret], number);
        const char *value = env_get(env, name);
        if (value && !str_equal(value, secret_of(writing->draft, secret)))
            continue;
        writing->names[secret] = name;
        writing->is_there[secret] = value;
        return true;
    }
    return error_set(err, ERR_CONFLICT, "%s: too many variables of this name", writing->names[secret]);
}

static bool read_text(struct arena *arena, const char *path, char **text_out, struct stat *status_out,
                      struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(err, path);
    char *text = NULL;
    size_t length = 0;
    bool ok = fstat(fd, status_out) == 0 && status_out->st_size < MOST_ENV_BYTES;
    if (ok) {
        size_t size = (size_t)status_out->st_size;
        text = arena_alloc(arena, size + 1);
        ssize_t n;
        while (length < size && (n = read(fd, text + length, size - length)) > 0)
            length += (size_t)n;
        text[length] = '\0';
        ok = length == size;
    }
    close(fd);
    if (!ok)
        return error_set(err, ERR_INTERNAL, "%s: can't be read whole", path);
    *text_out = text;
    return true;
}

/* In single quotes it stands as it is; only a value with one of those needs escapes. */
static void add_value(struct str *s, const char *value)
{
    if (!strchr(value, '\'')) {
        str_addf(s, "'%s'", value);
        return;
    }
    str_add(s, "\"");
    for (const char *p = value; *p; p++) {
        if (strchr("\"\\$", *p))
            str_add(s, "\\");
        str_add_bytes(s, p, 1);
    }
    str_add(s, "\"");
}

/* Everything written, and on the disk. */
static bool write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        length -= (size_t)n;
    }
    return fsync(fd) == 0;
}

/* Beside its place, with the owner and the permissions of the one that is there. */
static bool stage_env_text(struct writing *writing, const struct stat *status, const char *text,
                           struct error *err)
{
    char *path = arena_printf(writing->arena, "%s.XXXXXX", writing->env_path);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return fail(err, writing->env_path);
    writing->staged_env = path;
    /* Another's file stays theirs, where we may say so. */
    bool ok = (fchown(fd, status->st_uid, status->st_gid) == 0 || geteuid() != 0) &&
              fchmod(fd, status->st_mode & 0777) == 0 && write_all(fd, text, strlen(text));
    if (!ok)
        fail(err, path);
    close(fd);
    return ok;
}

static bool stage_env(struct writing *writing, struct error *err)
{
    struct arena *arena = writing->arena;
    struct stat status;
    char *text = NULL;
    if (!read_text(arena, writing->env_path, &text, &status, err))
        return false;
    struct str s = STR_INIT(arena);
    str_add(&s, text);
    if (s.length && s.text[s.length - 1] != '\n')
        str_add(&s, "\n");
    for (int i = 0; i < SECRETS; i++)
        if (!writing->is_there[i]) {
            str_addf(&s, "%s=", writing->names[i]);
            add_value(&s, secret_of(writing->draft, i));
            str_add(&s, "\n");
        }
    return stage_env_text(writing, &status, str_done(&s), err);
}

/* --- the store's file --- */

/* A text in double quotes: what JSON writes, YAML reads. */
static void add_text(struct str *s, const char *text)
{
    auto_json json_t *json = json_string(text);
    char *quoted = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    str_add(s, quoted ? quoted : "\"\"");
    free(quoted);
}

static void add_ids(struct str *s, const char *key, const struct key_ids *ids)
{
    str_addf(s, "  %s: [", key);
    for (size_t i = 0; i < ids->count; i++)
        str_addf(s, "%s%" PRId64, i ? ", " : "", ids->items[i]);
    str_add(s, "]\n");
}

static char *tenant_text(const struct writing *writing)
{
    const struct tenant_draft *draft = writing->draft;
    struct str s = STR_INIT(writing->arena);
    str_add(
        &s,
        "# A store; toko-contoh.yaml.example tells what else can be set here. A change is taken over while"
        " lapakd runs.\n");
    str_add(&s, "bot_store_name: ");
    add_text(&s, draft->name);
    str_add(&s, "\ntitle: ");
    add_text(&s, draft->title);
    str_add(&s, "\nlanguage: ");
    add_text(&s, draft->language);
    str_add(&s, "\ntimezone: ");
    add_text(&s, draft->timezone);
    if (draft->support) {
        str_add(&s, "\nsupport: ");
        add_text(&s, draft->support);
    }
    str_addf(&s, "\n\ntelegram:\n  token: ${%s}\n", writing->names[SECRET_TOKEN]);
    add_ids(&s, "admins", &draft->admins);
    if (draft->owners.count)
        add_ids(&s, "owners", &draft->owners);
    str_add(&s, "\npakasir:\n  project: ");
    add_text(&s, draft->project);
    str_addf(&s, "\n  api_key: ${%s}\n  webhook_secret: ${%s}\n  sandbox: %s\n  methods: [",
             writing->names[SECRET_KEY], writing->names[SECRET_WEBHOOK], draft->sandbox ? "true" : "false");
    for (size_t i = 0; i < draft->methods.count; i++) {
        str_add(&s, i ? ", " : "");
        add_text(&s, draft->methods.items[i]);
    }
    str_add(&s, "]\n");
    return str_done(&s);
}

/* In a hidden folder of the same directory: its name must be the store's, and nobody may take it for one. */
static bool stage_tenant(struct writing *writing, struct error *err)
{
    struct arena *arena = writing->arena;
    char *folder = arena_printf(arena, "%s/.new-XXXXXX", writing->config->tenants_dir);
    if (!mkdtemp(folder))
        return fail(err, writing->config->tenants_dir);
    writing->folder = folder;
    writing->staged = arena_printf(arena, "%s/%s.yaml", folder, writing->draft->name);
    const char *text = tenant_text(writing);
    int fd = open(writing->staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return fail(err, writing->staged);
    struct stat place;
    /* Whoever may read the directory's files reads this one, also where root wrote it, with a mask of its
     * own. */
    bool ok = fstat(writing->lock_fd, &place) == 0 &&
              (geteuid() != 0 || fchown(fd, place.st_uid, place.st_gid) == 0) && fchmod(fd, 0640) == 0 &&
              write_all(fd, text, strlen(text));
    if (!ok)
        fail(err, writing->staged);
    close(fd);
    return ok;
}

/* --- is it one? --- */

static void check_unique(struct writing *writing, const struct tenant *tenant, const struct env *env,
                         struct faults *faults)
{
    struct tenant_list list;
    struct error ignored;
    int64_t owner_id = 0;
    if (writing->config->owner_token && tenant_parse_token(writing->config->owner_token, &owner_id) &&
        owner_id == tenant->bot_id)
        fault_add(faults, tenant->file, 0, "telegram.token", "is of the owner's bot");
    if (!tenants_load(writing->arena, writing->config, env, &list, &ignored))
        return;
    for (size_t i = 0; i < list.count; i++) {
        const struct tenant *other = list.items[i].tenant;
        if (other && other->bot_id == tenant->bot_id)
            fault_add(faults, tenant->file, 0, "telegram.token", "is of the same bot as in %s", other->file);
        if (other && strcmp(other->pakasir_project, tenant->pakasir_project) == 0)
            fault_add(faults, tenant->file, 0, "pakasir.project", "is already used in %s", other->file);
    }
    tenants_release(&list);
}

/* As lapakd will read it. */
static bool check(struct writing *writing, struct faults *faults, struct error *err)
{
    size_t before = faults->count;
    struct env *env = env_read(writing->arena, writing->staged_env, faults);
    const struct tenant *tenant = faults->count == before ? tenant_read(writing->staged, env, faults) : NULL;
    if (tenant)
        check_unique(writing, tenant, env, faults);
    tenant_unref(&tenant);
    return faults->count == before || error_set(err, ERR_INVALID, "this can't be a store: %s: %s",
                                                faults->items[before].key, faults->items[before].text);
}

/* --- */

/* Finds the env file and keeps other writers out; reads it. */
static bool begin(struct writing *writing, const char *env_path, struct env **env_out, struct faults *faults,
                  struct error *err)
{
    const struct config *config = writing->config;
    char *real = env_path ? realpath(env_path, NULL) : NULL;
    if (!real)
        return error_set(err, ERR_NOT_FOUND,
                         "no env file to write secrets to%s%s; make one, and start lapakd with it",
                         env_path ? ": " : "", env_path ? env_path : "");
    writing->env_path = arena_strdup(writing->arena, real);
    free(real);
    writing->lock_fd = open(config->tenants_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (writing->lock_fd < 0 || flock(writing->lock_fd, LOCK_EX) != 0)
        return fail(err, config->tenants_dir);
    size_t before = faults->count;
    *env_out = env_read(writing->arena, writing->env_path, faults);
    return faults->count == before ||
           error_set(err, ERR_INVALID, "%s has faults; it is not changed", writing->env_path);
}

static bool choose_names(struct writing *writing, const struct env *env, struct error *err)
{
    if (!tenant_is_name(writing->draft->name))
        return error_set(err, ERR_INVALID,
                         "\"%s\" can't be a store's name: 2 to 31 of a-z, 0-9 and -, beginning with"
                         " a letter",
                         writing->draft->name);
    for (int i = 0; i < SECRETS; i++)
        if (!choose_name(writing, i, env, err))
            return false;
    return true;
}

/* A file that is there is not replaced. (A filesystem that can't promise it: we looked, and hold the lock.)
 */
static bool move_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    return errno == EINVAL && rename(from, to) == 0;
}

/* Secrets first: the store's file is what the server waits for. */
static bool move(struct writing *writing, const char *path, struct error *err)
{
    if (rename(writing->staged_env, writing->env_path) != 0)
        return fail(err, writing->env_path);
    writing->staged_env = NULL;
    if (!move_new(writing->staged, path))
        return errno == EEXIST ? error_set(err, ERR_CONFLICT, "%s is there already", path) : fail(err, path);
    writing->staged = NULL;
    fsync(writing->lock_fd); /* the directory */
    return true;
}

bool tenant_write(struct arena *arena, const struct config *config, const char *env_path,
                  const struct tenant_draft *draft, const char **path_out, struct faults *faults,
                  struct error *err)
{
    auto_writing struct writing writing = {.arena = arena, .config = config, .draft = draft, .lock_fd = -1};
    struct env *env;
    if (!begin(&writing, env_path, &env, faults, err) || !choose_names(&writing, env, err))
        return false;
    const char *path = arena_printf(arena, "%s/%s.yaml", config->tenants_dir, draft->name);
    if (access(path, F_OK) == 0)
        return error_set(err, ERR_CONFLICT, "%s is there already", path);
    if (!stage_env(&writing, err) || !stage_tenant(&writing, err) || !check(&writing, faults, err) ||
        !move(&writing, path, err))
        return false;
    *path_out = path;
    return true;
}

/* --- one secret --- */

/* "KOPI_BOT_TOKEN", where the store's file has `${KOPI_BOT_TOKEN}` under the key. */
static bool find_variable(const struct writing *writing, const char *name, const char *key,
                          const char **variable_out, struct error *err)
{
    struct arena *arena = writing->arena;
    struct yaml_node *node;
    const char *path = arena_printf(arena, "%s/%s.yaml", writing->config->tenants_dir, name);
    if (!yaml_read_file(arena, path, &node, err))
        return false;
    for (char *rest = arena_strdup(arena, key), *word; node && (word = strsep(&rest, "."));)
        node = node->kind == YAML_MAPPING ? yaml_get(node, word) : NULL;
    const char *text = node && node->kind == YAML_SCALAR ? node->text : "";
    size_t length = strlen(text);
    if (length < 4 || strncmp(text, "${", 2) != 0 || text[length - 1] != '}' ||
        !env_is_name(text + 2, length - 3))
        return error_set(err, ERR_NOT_FOUND, "%s: %s is no variable", path, key);
    *variable_out = arena_memdup(arena, text + 2, length - 3);
    return true;
}

/* Whether the line gives the variable a value; `*value_out` is where that begins. */
static bool is_line_of(const char *line, const char *variable, const char **value_out)
{
    size_t length = strlen(variable);
    line += strspn(line, " \t");
    if (strncmp(line, "export", 6) == 0 && strchr(" \t", line[6]))
        line += 6 + strspn(line + 6, " \t");
    if (strncmp(line, variable, length) != 0 || line[length] != '=')
        return false;
    *value_out = line + length + 1;
    return true;
}

static bool stage_value(struct writing *writing, const char *variable, const char *value, struct error *err)
{
    struct stat status;
    char *text = NULL;
    bool found = false;
    if (!read_text(writing->arena, writing->env_path, &text, &status, err))
        return false;
    struct str s = STR_INIT(writing->arena);
    for (const char *line = text, *next; *line; line = next) {
        const char *end = strchrnul(line, '\n'), *at;
        next = *end ? end + 1 : end;
        if (!found && is_line_of(line, variable, &at)) {
            found = true;
            str_add_bytes(&s, line, (size_t)(at - line));
            add_value(&s, value);
            str_add(&s, "\n");
        } else {
            str_add_bytes(&s, line, (size_t)(next - line));
        }
    }
    if (!found)
        return error_set(err, ERR_NOT_FOUND, "%s: no line of %s", writing->env_path, variable);
    return stage_env_text(writing, &status, str_done(&s), err);
}

/* As lapakd will read it: the process's own environment wins. */
static bool check_value(const struct writing *writing, const char *variable, const char *value,
                        struct faults *faults, struct error *err)
{
    size_t before = faults->count;
    struct env *env = env_read(writing->arena, writing->staged_env, faults);
    const char *now = env_get(env, variable);
    if (faults->count > before)
        return error_set(err, ERR_INVALID, "%s would have faults; it is not changed", writing->env_path);
    return str_equal(now, value) ||
           error_set(err, ERR_NOT_FOUND, "%s is set in the environment, which goes before %s", variable,
                     writing->env_path);
}

bool tenant_write_secret(struct arena *arena, const struct config *config, const char *env_path,
                         const char *name, const char *key, const char *value, bool *changed_out,
                         struct error *err)
{
    auto_writing struct writing writing = {.arena = arena, .config = config, .lock_fd = -1};
    struct faults faults = FAULTS_INIT(arena);
    struct env *env;
    const char *variable;
    if (!begin(&writing, env_path, &env, &faults, err) || !find_variable(&writing, name, key, &variable, err))
        return false;
    bool changes = !str_equal(env_get(env, variable), value);
    if (changes) {
        if (!stage_value(&writing, variable, value, err) ||
            !check_value(&writing, variable, value, &faults, err))
            return false;
        if (rename(writing.staged_env, writing.env_path) != 0)
            return fail(err, writing.env_path);
        writing.staged_env = NULL;
    }
    *changed_out = changes;
    return true;
}
