/*
 * Where the configuration and the env file are, for lapakd and lapakctl where they are not told: in the
 * working directory (conf/lapak.yaml, .env) as a checkout has them, else where they are installed
 * (/etc/lapak/lapak.yaml and /etc/lapak/env; "/etc" is what meson calls sysconfdir).
 */
#pragma once

#include "base/arena.h"

/* What was asked for; else conf/lapak.yaml, unless only the installed one is there. Lives as long as what was
 * asked. */
const char *places_config(const char *asked);
/* The env file: what was asked for; else .env, unless the configuration is the installed one; else `env`
 * beside a configuration that is not conf/lapak.yaml. NULL where there is none of these. In the arena, or as
 * above. */
const char *places_env(struct arena *arena, const char *asked, const char *asked_config);
