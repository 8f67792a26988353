/* A gateway's answer as a failure wants it: not what it should be, and still a 200. */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "failure.h"

/* The body of the answer, in the arena: distorted where the hit asks for it, else as it is. */
const char *distort(struct arena *arena, const struct failure_hit *hit, const json_t *answer);
