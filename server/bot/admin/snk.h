/* 📜 Kelola SNK: what the forms about products need of its pages. */
#pragma once

#include "bot/turn.h"

#define SNK_HOME "at"

/* The page of a product's terms, in the open transaction or one of its own. */
MUST_USE bool snk_show(struct turn *turn, int64_t product_id, struct error *err);
/* Its callback data; in the arena. */
const char *snk_data(struct turn *turn, int64_t product_id);
