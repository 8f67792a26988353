/* Every wizard there is. */
#include "bot/wizard.h"

const struct wizard_kind *const wizard_kinds[] = {
    NULL,
};
const size_t wizard_kind_count = sizeof wizard_kinds / sizeof wizard_kinds[0];
