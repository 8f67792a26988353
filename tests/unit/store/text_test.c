#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "store/text.h"

/* A directory of its own with copies of the real texts, in which one line can be changed. */
static char directory[64];
static struct arena *arena;

static void write_file(const char *language, const char *text)
{
    FILE *file = fopen(arena_printf(arena, "%s/%s.yaml", directory, language), "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    fclose(file);
}

static char *real_text(const char *language)
{
    FILE *file = fopen(arena_printf(arena, "%s/%s.yaml", TEXTS_DIR, language), "r");
    assert_non_null(file);
    char *text = arena_alloc(arena, 128 * 1024);
    size_t length = fread(text, 1, 128 * 1024 - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static const char *const files[] = {"id", "en", "id.admin", "en.admin", "id.owner", "en.owner"};

static int set_up(void **state)
{
    arena = arena_new();
    strcpy(directory, "/tmp/lapak-text-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        write_file(files[i], real_text(files[i]));
    return 0;
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(arena_printf(arena, "%s/%s.yaml", directory, files[i]));
    rmdir(directory);
    arena_free(&arena);
    return 0;
}

static struct texts *load_real(void)
{
    struct texts *texts;
    struct error err;
    if (!texts_load(TEXTS_DIR, &texts, &err))
        fail_msg("%s", err.text);
    return texts;
}

/* Replaces the first `from` in id.yaml; loading must then complain with `complaint` in its text and the right
 * file. */
static void expect_refused(const char *from, const char *to, const char *complaint)
{
    char *text = real_text("id"), *at = strstr(text, from);
    assert_non_null(at);
    write_file("id", arena_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)));
    struct texts *texts = NULL;
    struct error err = {0};
    assert_false(texts_load(directory, &texts, &err));
    assert_null(texts);
    assert_int_equal(err.code, ERR_INVALID);
    if (!strstr(err.text, complaint) || !strstr(err.text, "/id.yaml:"))
        fail_msg("expected \"%s\" in: %s", complaint, err.text);
}

static void test_real_texts_load(void **state)
{
    struct texts *texts = load_real();
    assert_string_equal(text_get(texts, "id", TEXT_LABEL_ALL_PRODUCTS), "🛍 Semua Produk");
    assert_string_equal(text_get(texts, "en", TEXT_LABEL_ALL_PRODUCTS), "🛍 All Products");
    assert_string_equal(text_get(texts, "xx", TEXT_LABEL_ALL_PRODUCTS), "🛍 Semua Produk");
    assert_string_equal(text_get(texts, "id", TEXT_LOADING), "🎲 Sedang memuat pembayaranmu…");
    texts_free(&texts);
    assert_null(texts);
    texts_free(&texts);
}

/* Labels buyers know; each is a promise. */
static void test_labels_stay(void **state)
{
    static const struct {
        enum text_key key;
        const char *label;
    } labels[] = {
        {TEXT_BUTTON_INFORMATION, "📋 INFORMASI"},
        {TEXT_BUTTON_HOW_TO_ORDER, "📖 Cara Order"},
        {TEXT_BUTTON_ALL_PRODUCTS, "🧭 Semua Produk"},
        {TEXT_LABEL_STOCK, "🏷 Cek Stok"},
        {TEXT_LABEL_DEPOSIT, "💰 Deposit"},
        {TEXT_LABEL_INFORMATION, "ℹ️ Informasi"},
        {TEXT_LABEL_HOW_TO_ORDER, "📘 Cara Order"},
        {TEXT_LABEL_ADMIN, "⚙️ Admin Settings"},
        {TEXT_BUTTON_REFRESH, "🔄 Refresh"},
        {TEXT_BUTTON_TO_CART, "🧺 Lanjut ke Keranjang"},
        {TEXT_BUTTON_CANCEL, "❌ Batal"},
        {TEXT_BUTTON_TO_PAYMENT, "💳 Lanjut ke Pembayaran"},
        {TEXT_BUTTON_QRIS, "💠 QRIS"},
        {TEXT_BUTTON_DEPOSIT_QRIS, "💳 Deposit QRIS"},
        {TEXT_BUTTON_TRANSFER, "📝 Transfer Manual"},
        {TEXT_BUTTON_CANCEL_PURCHASE, "❌ Batalkan Pembelian"},
        {TEXT_BUTTON_PAY_PAGE, "🔗 Bayar di Browser"},
        {TEXT_BUTTON_FULFIL_TERMS, "✅ Penuhi SNK"},
        {TEXT_SPAM, "🚫 Jangan spam ya, tindakanmu akan dilaporkan ke admin."},
    };
    struct texts *texts = load_real();
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        assert_string_equal(text_get(texts, "id", labels[i].key), labels[i].label);
    texts_free(&texts);
}

static void test_values_are_escaped(void **state)
{
    struct texts *texts = load_real();
    const char *line =
        text_render(texts, "en", TEXT_ORDER_LINE, arena,
                    TEXT_VALUES(TV("produk", "<b>&\"{jumlah}"), TV_HTML("jumlah", "<i>2</i>")));
    assert_string_equal(line, "• &lt;b&gt;&amp;&quot;{jumlah} × <i>2</i>");
    /* A plain text has no markup to protect. */
    line = text_render(texts, "en", TEXT_FILE_ITEM, arena,
                       TEXT_VALUES(TV("produk", "<a & b>"), TV("jumlah", "1")));
    assert_string_equal(line, "<a & b> × 1");
    /* Missing and NULL values are empty; values nobody asked for are nothing. */
    line = text_render(texts, "en", TEXT_ORDER_LINE, arena, TEXT_VALUES(TV("produk", NULL), TV("x", "y")));
    assert_string_equal(line, "•  × ");
    texts_free(&texts);
}

static void test_faults_are_named(void **state)
{
    expect_refused("{total_users}", "{total_user}", "welcome: unknown placeholder {total_user}");
    expect_refused("{total_users}", "{harga}", "welcome: unknown placeholder {harga}");
    expect_refused("{total_users}", "{total_users", "welcome: a { stands alone");
    expect_refused("{total_users}", "}", "welcome: a } stands alone");
    expect_refused("<b>{total_users}</b>", "<b>{total_users}", "welcome: <b> is not closed");
    expect_refused("<b>{total_users}</b>", "<b>{total_users}</i>", "welcome: </i> closes what is not open");
    expect_refused("<b>{total_users}</b>", "<blink>x</blink>", "welcome: <blink> is no tag Telegram knows");
    expect_refused("<b>{total_users}</b>", "<b class=\"x\">x</b>", "welcome: <b> takes no attributes");
    expect_refused("<b>{total_users}</b>", "<a>x</a>", "welcome: a link must be written");
    expect_refused("<b>{total_users}</b>", "x & y", "welcome: a bare & must be written &amp;");
    expect_refused("<b>{total_users}</b>", "x < y", "welcome: a bare < must be written &lt;");
    expect_refused("<b>{total_users}</b>", "x > y", "welcome: a bare > must be written &gt;");
    expect_refused("label_stock: \"🏷 Cek Stok\"", "label_stock: \" \"", "label_stock: the text is empty");
    expect_refused("label_stock:", "label_stok:", "label_stok: unknown key");
    expect_refused("label_stock: \"🏷 Cek Stok\"\n", "", ": label_stock: missing");
    expect_refused("label_stock: \"🏷 Cek Stok\"", "label_stock: [a]", "label_stock: not a text");
    expect_refused("label_stock:", "spam:", "");
}

static void test_fault_names_the_line(void **state)
{
    write_file("id", "label_stock: \"x\"\nlabel_deposit: \"{x}\"\n");
    struct texts *texts;
    struct error err;
    assert_false(texts_load(directory, &texts, &err));
    assert_non_null(strstr(err.text, "/id.yaml:2: label_deposit: unknown placeholder {x} (it may use none)"));
    assert_int_equal(unlink(arena_printf(arena, "%s/en.yaml", directory)), 0);
    write_file("id", real_text("id"));
    assert_false(texts_load(directory, &texts, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void test_templates_that_are_fine(void **state)
{
    static const char *const good[] = {
        "<b><i>{nama}</i></b>",
        "<a href=\"https://example.org/?a=1\">x</a>",
        "<a href=\"tg://user?id={telegram_id}\">x</a>",
        "&lt;&gt;&amp;&quot;",
        "<blockquote expandable>x</blockquote>",
        "\"quotes\" and {nama}{nama}",
    };
    struct text_fault why;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!text_check(TEXT_WELCOME, good[i], &why))
            fail_msg("%s: %s", good[i], why.why);
    assert_true(text_check(TEXT_LABEL_STOCK, "<a & b>", &why)); /* plain */
    char long_label[400];
    memset(long_label, 'x', sizeof long_label - 1);
    long_label[sizeof long_label - 1] = '\0';
    assert_false(text_check(TEXT_LABEL_STOCK, long_label, &why));
    assert_false(text_check(TEXT_WELCOME, "\xff", &why));
    assert_false(text_check(TEXT_WELCOME, "<", &why));
    assert_false(text_check(TEXT_WELCOME, "</", &why));
    assert_false(text_check(TEXT_WELCOME, "</b>", &why));
    assert_false(text_check(TEXT_WELCOME, "<a href=\"x\" onclick=\"y\">x</a>", &why));
    assert_false(text_check(TEXT_WELCOME, "<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>", &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_real_texts_load, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_labels_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_are_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fault_names_the_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_templates_that_are_fine, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
