/* The jobs of conversations: what an admin or a buyer asked for and has to wait for. */
#include "bot/bot.h"

#include "bot/admin/statistics.h"
#include "bot/admin/store_settings.h"
#include "bot/admin/texts.h"
#include "bot/admin/units.h"
#include "bot/broadcasting.h"
#include "bot/channel.h"
#include "bot/membership.h"
#include "bot/owner/managed.h"
#include "bot/owner/newstore.h"
#include "bot/owner/owner.h"

const struct job_kind *const bot_jobs[] = {
    &broadcasting_job, &channel_check_job, &channel_down_job,   &membership_job,    &statistics_job,
    &texts_import_job, &units_import_job,  &owner_summary_job,  &managed_token_job, &newstore_bot_job,
    &newstore_key_job, &newstore_live_job, &newstore_write_job,
};
const size_t bot_job_count = sizeof bot_jobs / sizeof bot_jobs[0];
