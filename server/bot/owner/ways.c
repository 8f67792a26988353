/* What owners can do, as tables; as routes.c of the stores' bots. All of it is for owners alone (dispatch.c),
 * and every update is a transaction. */
#include "bot/owner/newstore.h"
#include "bot/owner/screens.h"
#include "bot/wizard.h"

#define WAY(handler_)                                                                                        \
    {                                                                                                        \
        .handler = (handler_), .role = ROLE_OWNER, .mode = WRITES, .on_page = true                           \
    }
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

const struct command_row owner_command_rows[] = {
    {{"/start"}, TEXT_OWNER_COMMAND_START, WAY(menu_show)},
    {{"/toko", "/stores"}, TEXT_OWNER_COMMAND_STORES, WAY(stores_open)},
    {{"/peringatan", "/alerts"}, TEXT_OWNER_COMMAND_ALERTS, WAY(alerts_open)},
    {{"/kesehatan", "/health"}, TEXT_OWNER_COMMAND_HEALTH, WAY(health_open)},
    {{"/tokobaru", "/newstore"}, TEXT_OWNER_COMMAND_NEWSTORE, WAY(newstore_open)},
    {{"/bantuan", "/help"}, TEXT_OWNER_COMMAND_HELP, WAY(menu_help)},
};
const size_t owner_command_row_count = COUNT(owner_command_rows);

const struct callback_row owner_callback_rows[] = {
    {"ad", "", WAY(menu_show)},
    {"n", "", WAY(menu_nothing)},

    /* Forms: the form's number, its step */
    {"z", "iii", WAY(wizard_choose)}, /* value */
    {"zp", "iii", WAY(wizard_page)},  /* page */
    {"zs", "ii", WAY(wizard_skip)},
    {"zb", "ii", WAY(wizard_back)},
    {"zk", "ii", WAY(wizard_confirm)},
    {"zx", "i", WAY(wizard_cancel)},
    {"zr", "i", WAY(wizard_resume)},

    /* Stores: a bot_store_name */
    {"os", "", WAY(stores_open)},
    {"osa", "s", WAY(stores_after)},
    {"osb", "s", WAY(stores_before)},
    {"ot", "s", WAY(store_open)},
    {"ote", "si", WAY(store_errors)}, /* the alert they are behind; also TENANT_SERVER_NAME */
    {"ota", "si", WAY(trail_open)},   /* the row they are older than; also TENANT_SERVER_NAME */
    {"otu", "s", WAY(suspend_ask)},
    {"otr", "s", WAY(suspend_ask_end)},
    {"oty", "s", WAY(suspend_end)},
    {"otb", "s", WAY(backing_start)}, /* also TENANT_SERVER_NAME */

    {"oh", "", WAY(health_open)},

    /* A new store */
    {"onw", "", WAY(newstore_open)},
    {"onwb", "i", WAY(newstore_open_with)}, /* the id of a bot made through ours */

    /* Alerts: an alert's id */
    {"oa", "", WAY(alerts_open)},
    {"oaa", "i", WAY(alerts_older)}, /* the alert they are older than */
    {"oai", "i", WAY(alerts_one)},
    {"oak", "i", WAY(alerts_ack)},
    {"oam", "ii", WAY(alerts_mute)}, /* hours */
    {"oau", "i", WAY(alerts_unmute)},
};
const size_t owner_callback_row_count = COUNT(owner_callback_rows);
