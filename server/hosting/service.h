/*
 * Puts stores into service and out of it while the server runs: one hand for the lanes, the directory and the
 * registration with Telegram, which know nothing of each other. Writers (service_add, service_change,
 * service_remove) come one after the other; reload.h sees to that. Everything else is for any thread.
 *
 * A store that is removed keeps its data: it is only out of service, and back with all of it when it is added
 * again.
 */
#pragma once

#include "http/directory.h"
#include "telegram/registration.h"
#include "tenants/enrolment.h"

struct service;

/* Borrows the directory. */
struct service *service_new(struct directory *directory);
/* Before the first store; borrows them. */
void service_use_lanes(struct service *service, struct lanes *lanes);
/* The registration has ended. */
void service_free(struct service **service);

/* A new store, or one that was here before: from now on its updates and payments are served. */
void service_add(struct service *service, const struct enrolment *enrolment, bool suspended);
/* Whoever suspended or resumed one while stores came: it is looked at again, soon. */
void service_look_at_suspensions(struct service *service);
/* What runs under the name follows another file from now on; its bot is registered again only where Telegram
 * would notice. */
void service_change(struct service *service, const struct tenant *tenant);
/* Its webhooks are answered with 404 from now on, what is under way ends, its bot's webhook is taken off. */
void service_remove(struct service *service, const char *name);

/* What runs under the name (the caller's reference), or NULL. `service` is a struct service. */
const struct tenant *service_running(void *service, const char *name);
/* All that run, in the arena; each tenant the caller's reference. */
const struct tenant **service_all(struct service *service, struct arena *arena, size_t *count_out);
struct service_figures {
    size_t hosted, live, disabled, suspended;
};
struct service_figures service_figures(struct service *service);

/* Registers the owner's bot and every store, and from then on whatever comes. Once somebody listens.
 * `options` without callbacks (they are this module's). */
void service_start_registration(struct service *service, const struct registration_options *options);
void service_stop_registration(struct service *service);
/* `service` is a struct service; any thread. */
/* Telegram is to be asked once more: a call met a 401, or a webhook is not ours any more. Never waits. */
void service_register_again(void *service, struct lane_store *lane);
/* Whether its token is known to be refused. */
bool service_is_disabled(void *service, struct lane_store *lane);
