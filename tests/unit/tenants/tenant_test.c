#include "tenants/tenant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>

#include "base/str.h"
#include "files.h"

#define TOKEN "7000001:AAAAAAAAAABBBBBBBBBBCCCCCCCCCC-_DDD"

static struct env *env;

static int setup(void **unused)
{
    setenv("LT_TOKEN", TOKEN, 1);
    setenv("LT_KEY", "key-1234", 1);
    setenv("LT_HOOK", "hook-secret", 1);
    files_setup(NULL);
    env = env_read(arena, NULL, &faults);
    return 0;
}

static const struct tenant *read_text(const char *text)
{
    faults = FAULTS_INIT(arena);
    const struct tenant *tenant = tenant_read(files_write("kopi-digital.yaml", text), env, &faults);
    assert_int_equal(tenant != NULL, faults.count == 0);
    return tenant;
}

static const char whole[] = "bot_store_name: kopi-digital\n"
                            "title: Kopi Digital\n"
                            "language: en                       # id, en\n"
                            "timezone: Asia/Makassar\n"
                            "telegram:\n"
                            "  token: ${LT_TOKEN}\n"
                            "  admins: [1001]\n"
                            "  owners: []\n"
                            "pakasir:\n"
                            "  project: kopi\n"
                            "  api_key: ${LT_KEY}\n"
                            "  webhook_secret: ${LT_HOOK}\n"
                            "  sandbox: true\n"
                            "  methods: [qris]\n"
                            "invoice_minutes: 20\n"
                            "low_stock: 5\n";

/* The whole file with its line `number` (from 1) replaced. */
static const char *with(int number, const char *replacement)
{
    struct str s = STR_INIT(arena);
    int line = 1;
    for (const char *p = whole; *p; line++) {
        size_t length = strcspn(p, "\n");
        str_addf(&s, "%.*s\n", line == number ? (int)strlen(replacement) : (int)length,
                 line == number ? replacement : p);
        p += length + 1;
    }
    return str_done(&s);
}

static void a_store_is_read(void **unused)
{
    const struct tenant *t = read_text(whole);
    files_expect(&faults, "");
    assert_string_equal(t->name, "kopi-digital");
    assert_string_equal(t->title, "Kopi Digital");
    assert_string_equal(t->language, "en");
    assert_string_equal(clock_zone_name(t->zone), "Asia/Makassar");
    assert_string_equal(t->schema, "store_kopi_digital");
    assert_string_equal(t->role, "lapak_kopi_digital");
    assert_int_equal(t->bot_id, 7000001);
    assert_string_equal(t->token, TOKEN);
    assert_true(tenant_is_admin(t, 1001));
    assert_false(tenant_is_admin(t, 1002));
    assert_true(tenant_is_owner(t, 1001)); /* nobody else is */
    assert_null(t->support);
    assert_string_equal(t->pakasir_project, "kopi");
    assert_string_equal(t->pakasir_api_key, "key-1234");
    assert_string_equal(t->pakasir_webhook_secret, "hook-secret");
    assert_true(t->pakasir_sandbox);
    assert_int_equal(t->methods.count, 1);
    assert_int_equal(t->invoice_minutes, 20);
    assert_int_equal(t->low_stock, 5);
    tenant_unref(&t);
    assert_null(t);
}

static void who_is_named_an_owner_is_the_only_one(void **unused)
{
    const struct tenant *t = read_text(with(8, "  owners: [9]\n"));
    files_expect(&faults, "");
    assert_true(tenant_is_owner(t, 9));
    assert_false(tenant_is_owner(t, 1001));
    assert_false(tenant_is_admin(t, 9));
    tenant_unref(&t);
}

static void defaults_are_those_documented(void **unused)
{
    const struct tenant *t =
        read_text("bot_store_name: kopi-digital\ntitle: K\ntelegram: {token: '${LT_TOKEN}', admins: [1]}\n"
                  "pakasir: {project: k, api_key: '${LT_KEY}', webhook_secret: '${LT_HOOK}', methods: "
                  "[qris]}\nsupport: '@kopi_help'\n");
    files_expect(&faults, "");
    assert_string_equal(t->language, "id");
    assert_string_equal(clock_zone_name(t->zone), "Asia/Jakarta");
    assert_string_equal(t->support, "@kopi_help");
    assert_int_equal(t->owners.count, 1);
    assert_false(t->pakasir_sandbox);
    assert_int_equal(t->invoice_minutes, 15);
    assert_int_equal(t->low_stock, 3);
    assert_int_equal(t->most_open, 3);
    assert_int_equal(t->deposit_least, 10000);
    assert_int_equal(t->deposit_most, 10000000);
    assert_null(t->deposit_by_hand);
    tenant_unref(&t);
}

static void a_transfer_by_hand_may_have_several_lines(void **unused)
{
    const struct tenant *t = read_text(with(16, "deposit:\n"
                                                "  transfer: |\n"
                                                "    BCA 1234567890\n"
                                                "      a.n. Kopi Digital\n"
                                                "\n"
                                                "    Kirim buktinya ya 🙏\n"
                                                "\n"));
    files_expect(&faults, "");
    assert_string_equal(t->deposit_by_hand, "BCA 1234567890\n  a.n. Kopi Digital\n\nKirim buktinya ya 🙏");
    tenant_unref(&t);
    /* its end is no part of it: exactly as many characters as there may be */
    char text[1100] = "deposit:\n  transfer: |\n    ";
    size_t start = strlen(text);
    memset(text + start, 'x', 1000);
    t = read_text(with(16, text));
    files_expect(&faults, "");
    assert_int_equal(strlen(t->deposit_by_hand), 1000);
    tenant_unref(&t);
    text[start + 1000] = 'x';
    assert_null(read_text(with(16, text)));
    files_expect(&faults, "kopi-digital.yaml:17: deposit.transfer: must be 1 to 1000 characters long\n");
}

static void the_shipped_example_is_good(void **unused)
{
    setenv("TOKO_CONTOH_BOT_TOKEN", TOKEN, 1);
    setenv("TOKO_CONTOH_PAKASIR_KEY", "key-1234", 1);
    setenv("TOKO_CONTOH_PAKASIR_SECRET", "hook-secret", 1);
    char *text = arena_alloc(arena, 65536);
    FILE *file = fopen(SOURCE_DIR "/tenants/toko-contoh.yaml.example", "r");
    assert_non_null(file);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    const struct tenant *t = tenant_read(files_write("toko-contoh.yaml", text), env, &faults);
    files_expect(&faults, "");
    tenant_unref(&t);
}

static void each_line_has_its_limits(void **unused)
{
    static const struct {
        int line;
        const char *text, *fault;
    } cases[] = {
        {1, "bot_store_name: other", "bot_store_name: must be the file's name without .yaml"},
        {1, "bot_store_name: Kopi",
         "bot_store_name: must be 2 to 31 of a-z, 0-9 and -, begin with a letter, and not be \"server\""},
        {2, "title: 'x\\ty'", NULL},
        {2, "title: \"x\\ty\"", "title: has a line break or another control character in it"},
        {2, "title: '   '", "title: must not be blank"},
        {2, "title: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "title: must be 1 to 64 characters long"},
        {2, "title: \"<b>&amp; \xf0\x9f\x98\x80\"", NULL},
        {3, "language: ID", "language: must be one of: id, en"},
        {4, "timezone: Asia/Atlantis",
         "timezone: not a time zone this system knows (Asia/Jakarta, Asia/Makassar, UTC; package tzdata)"},
        {6, "  token: " TOKEN,
         "telegram.token: a secret must not be written here; put it in .env and write ${NAME}"},
        {6, "  token: ${LT_KEY}",
         "telegram.token: the variable does not hold a bot token (digits, a colon, 35 characters, as "
         "@BotFather gives it)"},
        {6, "  token: ${DATA_ENCRYPTION_KEY}",
         "telegram.token: ${DATA_ENCRYPTION_KEY} is the server's own and may not stand here"},
        {7, "  admins: []", "telegram.admins: must have 1 to 100 elements"},
        {7, "  admins: [1001, 1001]", "telegram.admins: the same element stands twice"},
        {7, "  admins: ['@name']", "telegram.admins: must stand without quotes"},
        {10, "  project: a/b", "pakasir.project: must be the project's slug: letters, digits, - and _"},
        {10, "  project: 0123", "pakasir.project: must be a text: put it in quotes"},
        {10, "  project: '0123'", NULL},
        {13, "  sandbox: yes", "pakasir.sandbox: must be true or false, spelled so (not yes, no, on or off)"},
        {14, "  methods: [cash]",
         "pakasir.methods: must be one of: qris, bri_va, bni_va, cimb_niaga_va, permata_va, maybank_va, "
         "bnc_va, artha_graha_va, sampoerna_va, payment_link"},
        {14, "  methods: [balance]",
         "pakasir.methods: must be one of: qris, bri_va, bni_va, cimb_niaga_va, permata_va, maybank_va, "
         "bnc_va, artha_graha_va, sampoerna_va, payment_link"},
        {14, "  methods: [qris, payment_link, qris]", "pakasir.methods: the same element stands twice"},
        {14,
         "  methods: [payment_link, sampoerna_va, artha_graha_va, bnc_va, maybank_va, permata_va, "
         "cimb_niaga_va, bni_va, bri_va, qris]",
         NULL},
        {15, "invoice_minutes: 0", "invoice_minutes: must be 1 to 1440"},
        {15, "invoice_minutes: 015", "invoice_minutes: must be a number without leading zeros"},
        {16, "low_stock: -1", "low_stock: must be 0 to 1000000"},
        {16, "support: name", "support: must be a Telegram name with its @ (\"@toko_contoh\"), in quotes"},
        {16, "limits: {deposit_min: 1}",
         "limits: unknown key; known here: bot_store_name, title, language, timezone, telegram, support, "
         "pakasir, invoice_minutes, low_stock, most_open_orders, deposit, "
         "snk_retention_days"},
        {16, "most_open_orders: 0", "most_open_orders: must be 1 to 20"},
        {16, "deposit: {minimum: 499}", "deposit.minimum: must be 500 to 50000000"},
        {16, "deposit: {minimum: 20000, maximum: 10000}",
         "deposit.minimum: must not be above deposit.maximum"},
        {16, "deposit: {transfer: 1234567890}", "deposit.transfer: must be a text: put it in quotes"},
        {16, "deposit: {transfer: ' '}", "deposit.transfer: must be 1 to 1000 characters long"},
        {16, "deposit: {transfer: \"BCA\\tx\"}",
         "deposit.transfer: has a control character in it that is no line break"},
    };
    setenv("DATA_ENCRYPTION_KEY", TOKEN, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct tenant *t = read_text(with(cases[i].line, cases[i].text));
        tenant_unref(&t);
        files_expect(&faults, !cases[i].fault ? ""
                                              : arena_printf(arena, "kopi-digital.yaml:%d: %s\n",
                                                             cases[i].line, cases[i].fault));
    }
}

static void hostile_files_are_refused(void **unused)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"bot_store_name: &n kopi-digital\ntitle: *n\n",
         ":1: anchors (&name) are not allowed; put a text that begins with & in quotes"},
        {"title: x\ntitle: y\n", ":2: title: the key is already on line 1"},
        {"telegram:\n\ttoken: x\n", ":2: found character that cannot start any token"},
        {"title: \"\xff\xfe\"\n", ":1: invalid leading UTF-8 octet"},
        {"title: \"a\\0b\"\n", ":1: a text holds a NUL character"},
        {"title: !!binary aGVsbG8=\n",
         ":1: tags (!name) are not allowed; put a text that begins with ! in quotes"},
        {"--- {title: x}\n--- {title: y}\n", ":2: a second document begins here; one file holds one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(read_text(cases[i].text));
        files_expect(&faults, arena_printf(arena, "kopi-digital.yaml%s\n", cases[i].fault));
    }
    struct str deep = STR_INIT(arena);
    str_add(&deep, "title: ");
    for (int i = 0; i < 50; i++)
        str_add(&deep, "[");
    assert_null(read_text(str_done(&deep)));
    files_expect(&faults, "kopi-digital.yaml:1: nested too deeply\n");
    char *huge = arena_alloc(arena, 17 * 1024 * 1024);
    memset(huge, '#', 17 * 1024 * 1024 - 1);
    assert_null(read_text(huge));
    files_expect(&faults, "kopi-digital.yaml:1: the file is larger than 16 MiB\n");
}

static void tokens_are_known_by_their_shape(void **unused)
{
    static const char *const bad[] = {"",
                                      ":",
                                      "7000001",
                                      ":AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDD",
                                      "7000001:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDD",
                                      "7000001:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDD",
                                      "7000001:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDD/",
                                      "0000001:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDD",
                                      "a000001:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDD",
                                      "1234567890123456:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDD",
                                      TOKEN " ",
                                      " " TOKEN};
    int64_t bot_id = 5;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(tenant_parse_token(bad[i], &bot_id));
    assert_int_equal(bot_id, 5);
    assert_true(tenant_parse_token("123456789012345:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDD", &bot_id));
    assert_true(bot_id == INT64_C(123456789012345));
}

static void names_are_checked(void **unused)
{
    static const char *const good[] = {
        "ab", "kopi-digital", "a0", "a--", "abcdefghijklmnopqrstuvwxyz01234", "servers"};
    static const char *const bad[] = {
        "",   "a", "0a", "-a", "Ab", "a_b", "a.b", "a/b", "..", "server", "abcdefghijklmnopqrstuvwxyz012345",
        "a\n"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(tenant_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(tenant_is_name(bad[i]));
}

static void *hold(void *tenant)
{
    for (int i = 0; i < 20000; i++) {
        const struct tenant *mine = tenant_ref(tenant);
        assert_int_equal(mine->bot_id, 7000001);
        tenant_unref(&mine);
    }
    return NULL;
}

/* The address sanitizer sees to it that nobody reads a freed tenant and that the last one frees it. */
static void references_hold_the_tenant(void **unused)
{
    const struct tenant *first = read_text(whole);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold, (void *)first), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    const struct tenant *second = tenant_ref(first);
    tenant_unref(&first);
    assert_string_equal(second->title, "Kopi Digital");
    tenant_unref(&second);
    tenant_unref(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_is_read, setup, files_teardown),
        cmocka_unit_test_setup_teardown(who_is_named_an_owner_is_the_only_one, setup, files_teardown),
        cmocka_unit_test_setup_teardown(defaults_are_those_documented, setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_transfer_by_hand_may_have_several_lines, setup, files_teardown),
        cmocka_unit_test_setup_teardown(the_shipped_example_is_good, setup, files_teardown),
        cmocka_unit_test_setup_teardown(each_line_has_its_limits, setup, files_teardown),
        cmocka_unit_test_setup_teardown(hostile_files_are_refused, setup, files_teardown),
        cmocka_unit_test(tokens_are_known_by_their_shape),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test_setup_teardown(references_hold_the_tenant, setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
