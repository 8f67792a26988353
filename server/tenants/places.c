#include "tenants/places.h"

#include <string.h>
#include <unistd.h>

static const char here[] = "conf/lapak.yaml", installed[] = LAPAK_SYSCONFDIR "/lapak/lapak.yaml",
                  env_here[] = ".env";

const char *places_config(const char *asked)
{
    if (asked)
        return asked;
    return access(here, F_OK) == 0 || access(installed, F_OK) != 0 ? here : installed;
}

const char *places_env(struct arena *arena, const char *asked, const char *asked_config)
{
    if (asked)
        return asked;
    const char *config = places_config(asked_config);
    if (config != installed && access(env_here, F_OK) == 0)
        return env_here;
    const char *slash = strrchr(config, '/');
    const char *beside = arena_printf(arena, "%.*senv", slash ? (int)(slash + 1 - config) : 0, config);
    return config != here && access(beside, F_OK) == 0 ? beside : NULL;
}
