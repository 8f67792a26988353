#include "bot/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/deposits.h"
#include "bot/admin/orders.h"
#include "bot/admin/people.h"
#include "bot/admin/settling.h"
#include "bot/admin/texts.h"
#include "bot/admin/vouchers.h"
#include "bot/buyer/buyer.h"
#include "bot/membership.h"
#include "bot/wizard.h"

/* Behind the mode what else is to be known of a row: */
#define ROUTE(handler_, role_, mode_, ...)                                                                   \
    {                                                                                                        \
        .handler = (handler_), .role = (role_), .mode = (mode_), __VA_ARGS__                                 \
    }
#define THEIRS      .theirs = true  /* about what a person has already */
#define PAGE        .on_page = true /* a button that stands on pages alone */
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

const struct command_row command_rows[] = {
    {{"/start"}, TEXT_COMMAND_START, ROUTE(start_command, ROLE_BUYER, WRITES, THEIRS)},
    {{"/produk", "/products"}, TEXT_COMMAND_PRODUCTS, ROUTE(browse_all, ROLE_BUYER, READS)},
    {{"/stok", "/stock"}, TEXT_COMMAND_STOCK, ROUTE(browse_stock, ROLE_BUYER, READS)},
    {{"/keranjang", "/cart"}, TEXT_COMMAND_CART, ROUTE(basket_open, ROLE_BUYER, READS)},
    {{"/pesanan", "/orders"}, TEXT_COMMAND_PURCHASES, ROUTE(purchases_open, ROLE_BUYER, READS, THEIRS)},
    {{"/deposit"}, TEXT_COMMAND_DEPOSIT, ROUTE(topup_open, ROLE_BUYER, READS)},
    {{"/saldo", "/balance"}, TEXT_COMMAND_BALANCE, ROUTE(balance_open, ROLE_BUYER, READS, THEIRS)},
    {{"/profil", "/profile"}, TEXT_COMMAND_PROFILE, ROUTE(profile_open, ROLE_BUYER, READS, THEIRS)},
    {{"/info"}, TEXT_COMMAND_INFORMATION, ROUTE(start_information, ROLE_BUYER, READS)},
    {{"/cara", "/howto"}, TEXT_COMMAND_HOW_TO_ORDER, ROUTE(start_how_to_order, ROLE_BUYER, READS)},
    {{"/bantuan", "/help"}, TEXT_COMMAND_HELP, ROUTE(start_help, ROLE_BUYER, READS)},
    {{"/admin"}, -1, ROUTE(admin_menu, ROLE_ADMIN, READS)},
};
const size_t command_row_count = COUNT(command_rows);

const struct label_row label_rows[] = {
    {TEXT_LABEL_ALL_PRODUCTS, ROUTE(browse_all, ROLE_BUYER, READS)},
    {TEXT_LABEL_STOCK, ROUTE(browse_stock, ROLE_BUYER, READS)},
    {TEXT_LABEL_DEPOSIT, ROUTE(topup_open, ROLE_BUYER, READS)},
    {TEXT_LABEL_INFORMATION, ROUTE(start_information, ROLE_BUYER, READS)},
    {TEXT_LABEL_HOW_TO_ORDER, ROUTE(start_how_to_order, ROLE_BUYER, READS)},
    {TEXT_LABEL_ADMIN, ROUTE(admin_menu, ROLE_ADMIN, READS)},
};
const size_t label_row_count = COUNT(label_rows);

const struct callback_row callback_rows[] = {
    {"w", "", ROUTE(start_home, ROLE_BUYER, READS, PAGE)},
    {"i", "", ROUTE(start_information, ROLE_BUYER, READS, PAGE)},
    {"h", "", ROUTE(start_how_to_order, ROLE_BUYER, READS, PAGE)},
    {"n", "", ROUTE(start_nothing, ROLE_BUYER, READS, THEIRS, PAGE)}, /* a page's number */
    {"a", "i", ROUTE(browse_all, ROLE_BUYER, READS, PAGE)},           /* page */
    {"l", "i", ROUTE(browse_categories, ROLE_BUYER, READS, PAGE)},    /* page */
    {"c", "ii", ROUTE(browse_category, ROLE_BUYER, READS, PAGE)},     /* category, page */
    {"s", "i", ROUTE(browse_stock, ROLE_BUYER, READS, PAGE)},         /* page */
    {"p", "i", ROUTE(product_open, ROLE_BUYER, READS, PAGE)},         /* product */
    {"q",
     "iii", /* product, change of quantity, price shown */
     {.handler = product_change,
      .role = ROLE_BUYER,
      .mode = WRITES_SHARED,
      .committed = product_changed,
      .failed = product_change_failed,
      .on_page = true}},
    {"k", "", ROUTE(basket_open, ROLE_BUYER, READS, PAGE)},
    {"e", "", ROUTE(basket_drop, ROLE_BUYER, WRITES_QUEUED, PAGE)},
    {"ku", "", ROUTE(coupons_ask, ROLE_BUYER, WRITES, PAGE)},
    {"kb", "", ROUTE(coupons_drop, ROLE_BUYER, WRITES, PAGE)}, /* the question for the code */
    {"kx", "", ROUTE(coupons_remove, ROLE_BUYER, WRITES, PAGE)},
    {"kq", "i", ROUTE(answers_change, ROLE_BUYER, WRITES, PAGE)}, /* product */
    {"kc", "", ROUTE(answers_drop, ROLE_BUYER, WRITES, PAGE)},
    {"m", "", ROUTE(paying_methods, ROLE_BUYER, READS, PAGE)},
    {"y", "w", ROUTE(paying_start, ROLE_BUYER, WRITES)}, /* method */
    {"v", "", ROUTE(paying_drop, ROLE_BUYER, READS, PAGE)},
    {"x", "i", ROUTE(paying_cancel, ROLE_BUYER, WRITES, THEIRS)},   /* order */
    {"g", "i", ROUTE(purchases_fetch, ROLE_BUYER, WRITES, THEIRS)}, /* order */
    {"t", "i", ROUTE(terms_press, ROLE_BUYER, WRITES, THEIRS)},     /* term */
    {"u", "i", ROUTE(terms_drop, ROLE_BUYER, WRITES, THEIRS)},      /* term */
    /* Orders: the list below an order (0: from the newest), and what is done with one; "r" is the list on
     * keyboards from before it had pages. */
    {"o", "i", ROUTE(purchases_open, ROLE_BUYER, READS, THEIRS, PAGE)},
    {"r", "", ROUTE(purchases_open, ROLE_BUYER, READS, THEIRS, PAGE)},
    {"od", "i", ROUTE(purchases_detail, ROLE_BUYER, READS, THEIRS, PAGE)},
    {"os", "i", ROUTE(purchases_receipt, ROLE_BUYER, READS, THEIRS)},
    {"ob", "i", ROUTE(purchases_buy_again, ROLE_BUYER, WRITES)},
    {"oi", "i", ROUTE(purchases_reopen, ROLE_BUYER, WRITES, THEIRS)},
    {"ox", "i", ROUTE(purchases_cancel, ROLE_BUYER, WRITES, THEIRS)},
    {"b", "i", ROUTE(balance_open, ROLE_BUYER, READS, THEIRS, PAGE)}, /* entry the page's are before, or 0 */
    {"pf", "", ROUTE(profile_open, ROLE_BUYER, READS, THEIRS, PAGE)},
    {"j", "", ROUTE(membership_press, ROLE_BUYER, WRITES, PAGE)},
    {"dp", "", ROUTE(topup_open, ROLE_BUYER, READS, PAGE)},
    {"dt", "", ROUTE(topup_ask, ROLE_BUYER, WRITES)},
    {"dz", "", ROUTE(topup_drop, ROLE_BUYER, WRITES)},
    {"da", "i", ROUTE(topup_choose, ROLE_BUYER, READS, PAGE)},     /* amount */
    {"dq", "iw", ROUTE(topup_start, ROLE_BUYER, WRITES)},          /* amount, method */
    {"dm", "i", ROUTE(transfer_start, ROLE_BUYER, WRITES)},        /* amount */
    {"dx", "i", ROUTE(topup_cancel, ROLE_BUYER, WRITES, THEIRS)},  /* deposit */
    {"do", "i", ROUTE(topup_reopen, ROLE_BUYER, WRITES, THEIRS)},  /* deposit */
    {"dc", "i", ROUTE(transfers_take, ROLE_ADMIN, WRITES)},        /* deposit */
    {"dj", "i", ROUTE(transfers_ask_reason, ROLE_ADMIN, WRITES)},  /* deposit */
    {"dk", "ii", ROUTE(transfers_refuse_now, ROLE_ADMIN, WRITES)}, /* deposit, message with the photo */
    {"dn", "i", ROUTE(transfers_drop, ROLE_ADMIN, WRITES)},        /* deposit */

    /* --- admins --- */
    {"ad", "", ROUTE(admin_menu, ROLE_ADMIN, READS)},

    /* Wizards: the wizard's number, the step */
    {"z", "iii", ROUTE(wizard_choose, ROLE_ADMIN, WRITES)}, /* value */
    {"zp", "iii", ROUTE(wizard_page, ROLE_ADMIN, WRITES)},  /* page */
    {"zs", "ii", ROUTE(wizard_skip, ROLE_ADMIN, WRITES)},
    {"zb", "ii", ROUTE(wizard_back, ROLE_ADMIN, WRITES)},
    {"zk", "ii", ROUTE(wizard_confirm, ROLE_ADMIN, WRITES)},
    {"zx", "i", ROUTE(wizard_cancel, ROLE_ADMIN, WRITES)},
    {"zr", "i", ROUTE(wizard_resume, ROLE_ADMIN, WRITES)},

    /* Products: a category's or product's id, and the edition that was seen */
    {"ap", "", ROUTE(goods_home, ROLE_ADMIN, READS)},
    {"apl", "i", ROUTE(goods_home, ROLE_ADMIN, READS)},      /* cursor */
    {"apc", "ii", ROUTE(goods_category, ROLE_ADMIN, READS)}, /* cursor */
    {"app", "i", ROUTE(goods_product, ROLE_ADMIN, READS)},
    {"aps", "", ROUTE(goods_find, ROLE_ADMIN, WRITES)},
    {"apk", "", ROUTE(goods_category_new, ROLE_ADMIN, WRITES)},
    {"apcn", "i", ROUTE(goods_category_name, ROLE_ADMIN, WRITES)},
    {"apce", "i", ROUTE(goods_category_emoji, ROLE_ADMIN, WRITES)},
    {"apcm", "iii", ROUTE(goods_category_move, ROLE_ADMIN, WRITES)}, /* -1 or 1 */
    {"apch", "iii", ROUTE(goods_category_hide, ROLE_ADMIN, WRITES)}, /* 0 or 1 */
    {"apcx", "ii", ROUTE(goods_category_ask_delete, ROLE_ADMIN, READS)},
    {"apcy", "ii", ROUTE(goods_category_delete, ROLE_ADMIN, WRITES)},
    {"apn", "i", ROUTE(goods_new, ROLE_ADMIN, WRITES)},    /* category, or 0 */
    {"apf", "ii", ROUTE(goods_edit, ROLE_ADMIN, WRITES)},  /* field */
    {"apm", "iii", ROUTE(goods_move, ROLE_ADMIN, WRITES)}, /* -1 or 1 */
    {"aph", "iii", ROUTE(goods_hide, ROLE_ADMIN, WRITES)}, /* 0 or 1 */
    {"apx", "ii", ROUTE(goods_ask_delete, ROLE_ADMIN, READS)},
    {"apy", "ii", ROUTE(goods_delete, ROLE_ADMIN, WRITES)},
    {"apo", "i", ROUTE(goods_content, ROLE_ADMIN, WRITES)},
    {"api", "i", ROUTE(goods_picture, ROLE_ADMIN, READS)},

    /* Stock: a product's id, or a unit's */
    {"as", "iii", ROUTE(units_list, ROLE_ADMIN, READS)}, /* view, cursor */
    {"asa", "i", ROUTE(units_add, ROLE_ADMIN, WRITES)},
    {"ask", "i", ROUTE(units_take, ROLE_ADMIN, WRITES)},
    {"ase", "ii", ROUTE(units_export, ROLE_ADMIN, WRITES)}, /* unit it goes on behind, or 0 */
    {"asu", "i", ROUTE(units_open, ROLE_ADMIN, READS)},
    {"asv", "i", ROUTE(units_look, ROLE_ADMIN, WRITES)},
    {"asr", "i", ROUTE(units_ask_remove, ROLE_ADMIN, READS)},
    {"asy", "i", ROUTE(units_remove, ROLE_ADMIN, WRITES)},
    {"asb", "i", ROUTE(units_put_back, ROLE_ADMIN, WRITES)},

    /* Terms (SNK): a product's id, or that of a buyer's terms */
    {"at", "", ROUTE(snk_home, ROLE_ADMIN, READS)},
    {"atl", "i", ROUTE(snk_home, ROLE_ADMIN, READS)}, /* cursor */
    {"ats", "", ROUTE(snk_find, ROLE_ADMIN, WRITES)},
    {"atp", "i", ROUTE(snk_open, ROLE_ADMIN, READS)},
    {"ate", "i", ROUTE(snk_edit, ROLE_ADMIN, WRITES)},
    {"atx", "ii", ROUTE(snk_ask_remove, ROLE_ADMIN, READS)}, /* edition */
    {"aty", "ii", ROUTE(snk_remove, ROLE_ADMIN, WRITES)},    /* edition */
    {"atb", "i", ROUTE(snk_proofs, ROLE_ADMIN, READS)},      /* cursor */
    {"ato", "i", ROUTE(snk_proof, ROLE_ADMIN, READS)},

    /* Orders */
    {"ao", "", ROUTE(orders_home, ROLE_ADMIN, READS)},
    {"aol", "iii", ROUTE(orders_list, ROLE_ADMIN, READS)},   /* filter, whose, the order it is older than */
    {"aop", "i", ROUTE(orders_products, ROLE_ADMIN, READS)}, /* page */
    {"aos", "", ROUTE(orders_search_start, ROLE_ADMIN, WRITES)},
    {"aod", "i", ROUTE(orders_detail, ROLE_ADMIN, READS)},           /* order; also in notices */
    {"aov", "iii", ROUTE(orders_detail_in_list, ROLE_ADMIN, READS)}, /* order, filter, whose */
    {"aoh", "ii", ROUTE(orders_history, ROLE_ADMIN, READS)},         /* order, page */
    {"aou", "ii", ROUTE(orders_units, ROLE_ADMIN, READS)},           /* order, page */
    {"aom", "i", ROUTE(orders_pay, ROLE_ADMIN, WRITES)},             /* order */
    {"aoc", "i", ROUTE(orders_cancel, ROLE_ADMIN, WRITES)},          /* order */
    {"aor", "i", ROUTE(orders_refund, ROLE_ADMIN, WRITES)},          /* order */
    {"aon", "i", ROUTE(orders_resend_ask, ROLE_ADMIN, READS)},       /* order */
    {"aok", "ii", ROUTE(orders_resend, ROLE_ADMIN, WRITES)},         /* order, times it was done before */
    {"aog", "ii", ROUTE(orders_replace, ROLE_ADMIN, WRITES)},        /* order, unit */
    {"aox", "ii", ROUTE(settling_start, ROLE_ADMIN, WRITES)},        /* payment, way */
    {"aoq", "i", ROUTE(orders_queue, ROLE_ADMIN, READS)},            /* item it begins with */
    {"aoi", "i", ROUTE(orders_item, ROLE_ADMIN, READS)},             /* item */
    {"aof", "i", ROUTE(orders_fulfil, ROLE_ADMIN, WRITES)},          /* item */

    /* People: Telegram ids */
    {"au", "", ROUTE(people_home, ROLE_ADMIN, READS)},
    {"auc", "", ROUTE(people_count_again, ROLE_ADMIN, READS)},
    {"aun", "i", ROUTE(people_list_newest, ROLE_ADMIN, READS)}, /* cursor */
    {"aub", "i", ROUTE(people_list_barred, ROLE_ADMIN, READS)}, /* cursor */
    {"aus", "", ROUTE(people_ask_search, ROLE_ADMIN, WRITES)},
    {"aur", "ii",
     ROUTE(people_list_found, ROLE_ADMIN, READS)}, /* person it goes on behind, found by username */
    {"aud", "i", ROUTE(people_open, ROLE_ADMIN, READS)},
    {"auh", "ii", ROUTE(people_history, ROLE_ADMIN, READS)}, /* entry the page's are before, or 0 */
    {"auj", "i", ROUTE(people_ask_adjust, ROLE_ADMIN, WRITES)},
    {"aum", "i", ROUTE(people_ask_message, ROLE_ADMIN, WRITES)},
    {"auk", "ii", ROUTE(people_ask_bar, ROLE_ADMIN, READS)}, /* 1 out, 0 in */
    {"auy", "ii", ROUTE(people_bar, ROLE_ADMIN, WRITES)},    /* 1 out, 0 in */

    /* Vouchers: coupons */
    {"av", "", ROUTE(vouchers_home, ROLE_ADMIN, READS)},
    {"avp", "i", ROUTE(vouchers_list, ROLE_ADMIN, READS)}, /* cursor */
    {"avn", "", ROUTE(vouchers_ask_new, ROLE_ADMIN, WRITES)},
    {"avd", "i", ROUTE(vouchers_open, ROLE_ADMIN, READS)},
    {"ave", "ii", ROUTE(vouchers_ask_field, ROLE_ADMIN, WRITES)},      /* field */
    {"avs", "ii", ROUTE(vouchers_stop, ROLE_ADMIN, WRITES)},           /* 1 stop, 0 go on */
    {"avx", "ii", ROUTE(vouchers_ask_delete, ROLE_ADMIN, READS)},      /* revision */
    {"avy", "ii", ROUTE(vouchers_delete, ROLE_ADMIN, WRITES)},         /* revision */
    {"avl", "ii", ROUTE(vouchers_targets, ROLE_ADMIN, READS)},         /* page */
    {"avt", "ii", ROUTE(vouchers_ask_target, ROLE_ADMIN, WRITES)},     /* category or product */
    {"avr", "iii", ROUTE(vouchers_drop_target, ROLE_ADMIN, WRITES)},   /* category or product, its id */
    {"avq", "ii", ROUTE(vouchers_ask_everything, ROLE_ADMIN, READS)},  /* revision */
    {"avw", "ii", ROUTE(vouchers_for_everything, ROLE_ADMIN, WRITES)}, /* revision */

    /* Broadcast: a broadcast's id */
    {"ab", "", ROUTE(broadcasts_open, ROLE_ADMIN, READS)},
    {"abo", "", ROUTE(broadcasts_open_aside, ROLE_ADMIN, READS)},
    {"abl", "i", ROUTE(broadcasts_list, ROLE_ADMIN, READS)}, /* the one the page's are before, or 0 */
    {"abn", "", ROUTE(broadcasts_make, ROLE_ADMIN, WRITES)},
    {"abd", "i", ROUTE(broadcasts_show, ROLE_ADMIN, READS)},
    {"abv", "i", ROUTE(broadcasts_view, ROLE_ADMIN, WRITES)},
    {"abp", "i", ROUTE(broadcasts_pause, ROLE_ADMIN, WRITES)},
    {"abr", "i", ROUTE(broadcasts_resume, ROLE_ADMIN, WRITES)},
    {"abc", "i", ROUTE(broadcasts_ask_cancel, ROLE_ADMIN, READS)},
    {"abx", "i", ROUTE(broadcasts_cancel, ROLE_ADMIN, WRITES)},
    {"abs", "i", ROUTE(broadcasts_resend, ROLE_ADMIN, WRITES)},

    /* The store's own texts: a text's number in text_keys.h */
    {"ar", "", ROUTE(texts_home, ROLE_ADMIN, READS)},
    {"arg", "ii", ROUTE(texts_group, ROLE_ADMIN, READS)},       /* group, page */
    {"art", "i", ROUTE(texts_open, ROLE_ADMIN, READS)},         /* text */
    {"ars", "i", ROUTE(texts_sample, ROLE_ADMIN, WRITES)},      /* text */
    {"arw", "i", ROUTE(texts_edit, ROLE_ADMIN, WRITES)},        /* text */
    {"arp", "i", ROUTE(texts_picture, ROLE_ADMIN, WRITES)},     /* text */
    {"arn", "ii", ROUTE(texts_no_picture, ROLE_ADMIN, WRITES)}, /* text, edition */
    {"ard", "ii", ROUTE(texts_reset, ROLE_ADMIN, WRITES)},      /* text, edition */
    {"arh", "ii", ROUTE(texts_history, ROLE_ADMIN, WRITES)},    /* text, row the page's are before, or 0 */
    {"arv", "ii", ROUTE(texts_version, ROLE_ADMIN, WRITES)},    /* text, row */
    {"aru", "ii", ROUTE(texts_use_again, ROLE_ADMIN, WRITES)},  /* text, row */
    {"are", "", ROUTE(texts_export, ROLE_ADMIN, WRITES)},
    {"ari", "", ROUTE(texts_import, ROLE_ADMIN, WRITES)},

    /* Calculator */
    {"ac", "", ROUTE(calculator_open, ROLE_ADMIN, READS)},
    {"acf", "", ROUTE(calculator_formula, ROLE_ADMIN, READS)},
    {"acr", "", ROUTE(calculator_ask_refund, ROLE_ADMIN, WRITES)},
    {"acd", "", ROUTE(calculator_ask_deposit, ROLE_ADMIN, WRITES)},
    {"act", "", ROUTE(calculator_ask_total, ROLE_ADMIN, WRITES)},
    {"ach", "i", ROUTE(calculator_history, ROLE_ADMIN, READS)}, /* a page's cursor, or 0 */
    {"aco", "i", ROUTE(calculator_entry, ROLE_ADMIN, READS)},   /* row of admin_logs */

    /* Statistics */
    {"ai", "", ROUTE(statistics_open, ROLE_ADMIN, READS)},
    {"aip", "i", ROUTE(statistics_of_days, ROLE_ADMIN, WRITES)},   /* days up to today */
    {"aif", "ii", ROUTE(statistics_of_dates, ROLE_ADMIN, WRITES)}, /* from day, to day since 1970 */
    {"aic", "ii", ROUTE(statistics_files, ROLE_ADMIN, WRITES)},    /* the same */
    {"aiw", "", ROUTE(statistics_choose, ROLE_ADMIN, WRITES)},

    /* Deposits */
    {"ag", "", ROUTE(deposits_home, ROLE_ADMIN, READS)},
    {"agl", "iii", ROUTE(deposits_list, ROLE_ADMIN, READS)}, /* filter, whose, the deposit it is beyond */
    {"agd", "i", ROUTE(deposits_detail, ROLE_ADMIN, READS)}, /* deposit; also in notices */
    {"agv", "iii", ROUTE(deposits_detail_in_list, ROLE_ADMIN, READS)}, /* deposit, filter, whose */
    {"agh", "ii", ROUTE(deposits_history, ROLE_ADMIN, READS)},         /* deposit, page */
    {"agp", "i", ROUTE(deposits_proof, ROLE_ADMIN, WRITES)},           /* deposit */
    {"agc", "i", ROUTE(deposits_confirm_ask, ROLE_ADMIN, READS)},      /* deposit */
    {"agk", "ii", ROUTE(deposits_confirm, ROLE_ADMIN, WRITES)},        /* deposit, state that was seen */
    {"agj", "i", ROUTE(deposits_reject, ROLE_ADMIN, WRITES)},          /* deposit */

    /* Store settings: a setting's number */
    {"ax", "", ROUTE(store_settings_open, ROLE_ADMIN, READS)},
    {"axs", "i", ROUTE(store_settings_show, ROLE_ADMIN, READS)},
    {"axv", "i", ROUTE(store_settings_look, ROLE_ADMIN, READS)},
    {"axe", "i", ROUTE(store_settings_change, ROLE_ADMIN, WRITES)},
    {"axr", "ii", ROUTE(store_settings_reset, ROLE_ADMIN, WRITES)}, /* edition */
    {"axm", "", ROUTE(maintenance_open, ROLE_ADMIN, READS)},
    {"axn", "", ROUTE(maintenance_begin, ROLE_ADMIN, WRITES)},
    {"axo", "i", ROUTE(maintenance_end, ROLE_ADMIN, WRITES)}, /* edition */

    /* Admins: a person's id */
    {"am", "", ROUTE(admins_open, ROLE_OWNER, READS)},
    {"amp", "i", ROUTE(admins_open, ROLE_OWNER, READS)}, /* page */
    {"amd", "i", ROUTE(admins_show, ROLE_OWNER, READS)},
    {"ama", "", ROUTE(admins_add, ROLE_OWNER, WRITES)},
    {"amr", "ii", ROUTE(admins_ask_remove, ROLE_OWNER, READS)}, /* edition */
    {"amx", "ii", ROUTE(admins_remove, ROLE_OWNER, WRITES)},    /* edition */

    /* Logs: an entry's id, what the list is of, the list's cursor */
    {"al", "", ROUTE(logs_open, ROLE_ADMIN, READS)},
    {"alp", "i", ROUTE(logs_open, ROLE_ADMIN, READS)},
    {"ald", "ii", ROUTE(logs_entry, ROLE_ADMIN, READS)},
    {"ala", "ii", ROUTE(logs_of_admin, ROLE_OWNER, READS)},
    {"alb", "iii", ROUTE(logs_entry_of_admin, ROLE_OWNER, READS)},
    {"als", "ii", ROUTE(logs_of_subject, ROLE_OWNER, READS)},
    {"ale", "iii", ROUTE(logs_entry_of_subject, ROLE_OWNER, READS)},
};
const size_t callback_row_count = COUNT(callback_rows);

const struct route route_free_message = ROUTE(message_free, ROLE_BUYER, WRITES, THEIRS);
const struct route route_number_button = ROUTE(product_open_number, ROLE_BUYER, READS);
const struct route route_unknown_command = ROUTE(start_help, ROLE_BUYER, READS);
const struct route route_unknown_callback = ROUTE(start_old_button, ROLE_BUYER, READS);
const struct route route_member = ROUTE(start_member, ROLE_BUYER, WRITES, THEIRS);

/* "/start@my_bot payload" is /start. */
const struct route *route_in_commands(const struct command_row *rows, size_t count, const char *text)
{
    size_t length = strcspn(text, " \n\t@");
    for (size_t i = 0; i < count; i++)
        for (const char *const *name = rows[i].names; name < rows[i].names + 3 && *name; name++)
            if (strlen(*name) == length && strncasecmp(*name, text, length) == 0)
                return &rows[i].route;
    return NULL;
}

const struct route *route_of_command(const char *text)
{
    return route_in_commands(command_rows, command_row_count, text);
}

/* Apps drop or add the variation selector behind an emoji: it decides nothing. */
static const char *skip_selectors(const char *p)
{
    while (str_starts_with(p, "\uFE0F") || str_starts_with(p, "\uFE0E"))
        p += 3;
    return p;
}

static bool same_label(const char *a, const char *b)
{
    a += strspn(a, " ");
    for (;;) {
        a = skip_selectors(a);
        b = skip_selectors(b);
        if (*a == '\0' || *a != *b)
            break;
        a++;
        b++;
    }
    return a[strspn(a, " ")] == '\0' && *b == '\0';
}

static bool is_label(const struct work *work, const char *text, enum text_key label)
{
    if (work && same_label(text, say_label(work, label)))
        return true;
    for (const char *const *language = text_languages; *language; language++)
        if (same_label(text, text_get(say_texts(), *language, label)))
            return true;
    return false;
}

static const struct label_row *label_row_of(const struct work *work, const char *text)
{
    for (size_t i = 0; i < label_row_count; i++)
        if (is_label(work, text, label_rows[i].label))
            return &label_rows[i];
    return NULL;
}

/* In any language: a keyboard stays in a chat when the store changes its own. */
const struct route *route_of_label(const struct work *work, const char *text)
{
    const struct label_row *row = label_row_of(work, text);
    return row ? &row->route : NULL;
}

int route_label(const struct work *work, const char *text)
{
    const struct label_row *row = label_row_of(work, text);
    return row ? (int)row->label : -1;
}

static bool parse_number(const char *text, size_t length, int64_t *number_out)
{
    char copy[24], canonical[24];
    int64_t number;
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (!str_to_int64(copy, &number))
        return false;
    snprintf(canonical, sizeof canonical, "%" PRId64, number);
    if (strcmp(copy, canonical) != 0)
        return false;
    *number_out = number;
    return true;
}

#define WORD_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

static bool parse_word(const char *text, size_t length, const char *letters, char word_out[TURN_WORD_BYTES])
{
    if (length == 0 || length >= TURN_WORD_BYTES || strspn(text, letters) < length)
        return false;
    memcpy(word_out, text, length);
    word_out[length] = '\0';
    return true;
}

/* `p` is behind the verb: "" or ":1:2". */
static bool parse_arguments(const char *arguments, const char *p, int64_t numbers[TURN_MOST_NUMBERS],
                            char word[TURN_WORD_BYTES])
{
    size_t number = 0;
    for (; *arguments; arguments++) {
        if (*p != ':')
            return false;
        p++;
        size_t length = strcspn(p, ":");
        bool good = *arguments == 'w'   ? parse_word(p, length, WORD_LETTERS "_", word)
                    : *arguments == 's' ? parse_word(p, length, WORD_LETTERS "-", word)
                                        : parse_number(p, length, &numbers[number++]);
        if (!good)
            return false;
        p += length;
    }
    return *p == '\0';
}

const struct route *route_in_callbacks(const struct callback_row *rows, size_t count, const char *data,
                                       int64_t numbers_out[TURN_MOST_NUMBERS], char word_out[TURN_WORD_BYTES])
{
    size_t verb = strcspn(data, ":");
    for (size_t i = 0; i < count; i++) {
        const struct callback_row *row = &rows[i];
        int64_t numbers[TURN_MOST_NUMBERS] = {0};
        char word[TURN_WORD_BYTES] = "";
        if (strlen(row->verb) != verb || memcmp(row->verb, data, verb) != 0)
            continue;
        if (!parse_arguments(row->arguments, data + verb, numbers, word))
            return NULL;
        memcpy(numbers_out, numbers, sizeof numbers);
        memcpy(word_out, word, sizeof word);
        return &row->route;
    }
    return NULL;
}

const struct route *route_of_callback(const char *data, int64_t numbers_out[TURN_MOST_NUMBERS],
                                      char word_out[TURN_WORD_BYTES])
{
    return route_in_callbacks(callback_rows, callback_row_count, data, numbers_out, word_out);
}

bool route_exists(const char *data)
{
    int64_t numbers[TURN_MOST_NUMBERS];
    char word[TURN_WORD_BYTES];
    return route_of_callback(data, numbers, word) != NULL;
}

bool route_keycap_number(const char *text, int64_t *number_out)
{
    int64_t number = 0;
    const char *p = text;
    for (int digits = 0; *p; digits++) {
        if (digits == 0 && str_equal(p, "🔟")) {
            *number_out = 10;
            return true;
        }
        if (*p < '0' || *p > '9' || digits == 6)
            return false;
        number = number * 10 + (*p - '0');
        p = skip_selectors(p + 1);
        if (!str_starts_with(p, "\u20E3"))
            return false;
        p += 3;
    }
    if (p == text)
        return false;
    *number_out = number;
    return true;
}
