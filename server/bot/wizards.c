/* Every wizard there is. */
#include "bot/wizard.h"

#include "bot/admin/admins.h"
#include "bot/admin/broadcast_new.h"
#include "bot/admin/people.h"
#include "bot/admin/statistics.h"
#include "bot/admin/store_settings.h"
#include "bot/admin/texts.h"

const struct wizard_kind *const wizard_kinds[] = {
    &admins_wizard,         &broadcast_wizard,     &maintenance_wizard, &people_adjust_wizard,
    &people_message_wizard, &people_search_wizard, &setting_wizard,     &statistics_wizard,
    &texts_import_wizard,   &texts_picture_wizard, &texts_wizard,
};
const size_t wizard_kind_count = sizeof wizard_kinds / sizeof wizard_kinds[0];
