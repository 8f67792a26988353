/* People as an admin looks for them. */
#include "fixture.h"

#include <string.h>

#include "base/str.h"
#include "store/bar.h"
#include "store/people.h"
#include "store/user.h"

static void come(int64_t telegram_id, const char *first_name, const char *last_name, const char *username)
{
    const struct person person = {telegram_id, first_name, last_name, username, "id"};
    MUST(user_touch(shop_begin(shop), &person, &err));
    shop_commit(shop);
}

/* "1 2 3|" and whether there is more on either side. */
static const char *told(const struct people_page *page)
{
    struct str s = STR_INIT(shop->work.arena);
    str_add(&s, page->has_before ? "<" : "");
    for (size_t i = 0; i < page->count; i++)
        str_addf(&s, "%s%lld", i ? " " : "", (long long)page->people[i].telegram_id);
    str_add(&s, page->has_after ? ">" : "");
    return str_done(&s);
}

static const char *found(const char *typed)
{
    struct people_page page;
    MUST(people_search(shop_task(shop), typed, 0, false, 20, &page, &err));
    assert_null(shop->work.tx);
    return told(&page);
}

static void test_by_what_a_name_begins_with(void **state)
{
    NEEDS_SHOP();
    come(11, "Budi", "Santoso", "siBudi");
    come(12, "BUDIMAN", NULL, NULL);
    come(13, "Ani", "Budi", "budi_ani");
    come(14, "Bud", NULL, "ani");
    come(15, "50%_off\\", "'; DROP TABLE users; --", "a_b");
    come(16, "<b>Ünal</b>", NULL, "axb");
    come(17, "\u202Eevil", NULL, NULL);
    static const struct {
        const char *typed, *found;
    } rows[] = {
        {"budi", "13 11 12"}, /* the username first */
        {"BuDi", "13 11 12"},
        {"  budi \n", "13 11 12"},
        {"bud", "13 14 11 12"},
        {"budi san", "11"},
        {"budi  san", ""},
        {"santoso", ""}, /* in the middle of a name */
        {"@budi", "13"},
        {"@", ""},
        {"", ""},
        {"   ", ""},
        {"%", ""},
        {"_", ""},
        {"50%", "15"},
        {"50%_OFF\\", "15"},
        {"50%_off\\ '; drop", "15"},
        {"a_", "15"}, /* no wildcard */
        {"@a", "15 14 16"},
        {"<B>ü", "16"},
        {"\u202Eev", "17"},
        {"11", "11"}, /* a Telegram id */
        {"4711", ""},
        {"99999999999999999999", ""},
        {"@11", ""},
        {"\U0010FFFF", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(found(rows[i].typed), rows[i].found) != 0)
            fail_msg("%s finds %s instead of %s", rows[i].typed, found(rows[i].typed), rows[i].found);
}

/* What Telegram would not send comes all the same: nobody is turned away by an index. */
static void test_names_of_any_length(void **state)
{
    NEEDS_SHOP();
    char name[20001], word[101];
    for (size_t i = 0; i + 1 < sizeof name; i++)
        name[i] = (char)('a' + i * 7 % 26);
    name[sizeof name - 1] = '\0';
    come(21, name, name, name);
    memcpy(word, name, sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_string_equal(found(word), "21");
    assert_string_equal(found(name), "21");
    word[3] = '!';
    assert_string_equal(found(word), "");
}

/* Everybody once, in whatever pages. */
static void test_pages_of_a_search(void **state)
{
    NEEDS_SHOP();
    enum { PEOPLE = 23, ON_A_PAGE = 4 };
    for (int64_t id = 1; id <= PEOPLE; id++) {
        auto_arena struct arena *arena = arena_new();
        come(100 + id, "Same", NULL, id % 3 ? NULL : arena_printf(arena, "same_%lld", (long long)id % 2));
    }
    struct people_page page;
    bool seen[PEOPLE + 1] = {false};
    int64_t after = 0, pages = 0, count = 0;
    bool by_username = false;
    do {
        MUST(people_search(shop_task(shop), "sam", after, by_username, ON_A_PAGE, &page, &err));
        assert_int_equal(page.has_before, pages++ > 0);
        for (size_t i = 0; i < page.count; i++, count++) {
            const struct people_row *person = &page.people[i];
            assert_false(seen[person->telegram_id - 100]);
            seen[person->telegram_id - 100] = true;
            assert_int_equal(person->by_username, count < PEOPLE / 3);
            after = person->telegram_id;
            by_username = person->by_username;
        }
    } while (page.has_after);
    assert_int_equal(count, PEOPLE);
    assert_int_equal(pages, (PEOPLE + ON_A_PAGE - 1) / ON_A_PAGE);
    /* who is beside a page has another name by now, or is nobody */
    come(101, "Zoe", NULL, NULL);
    MUST(people_search(shop_task(shop), "sam", 101, false, 50, &page, &err));
    assert_int_equal(page.count, 0);
    come(101, "Ani", NULL, NULL);
    MUST(people_search(shop_task(shop), "sam", 101, false, 50, &page, &err));
    assert_int_equal(page.count, PEOPLE - 1 - PEOPLE / 3);
    MUST(people_search(shop_task(shop), "sam", INT64_MIN, false, 50, &page, &err));
    MUST(people_search(shop_task(shop), "sam", 4711, true, 50, &page, &err));
}

typedef bool list_function(struct work *work, struct people_place at, int64_t limit,
                           struct people_page *page_out, struct error *err);

static const char *listed(list_function *list, int64_t beside, bool back)
{
    struct people_page page;
    MUST(list(shop_task(shop), (struct people_place){beside, back}, 3, &page, &err));
    return told(&page);
}

static void test_the_newest(void **state)
{
    NEEDS_SHOP();
    assert_string_equal(listed(people_newest, 0, false), "");
    for (int64_t id = 8; id >= 1; id--)
        come(id, "Budi", NULL, NULL);
    shop_sql(shop, "UPDATE users SET created_at = (SELECT created_at FROM users WHERE telegram_id = 4)"
                   " WHERE telegram_id IN (3, 5)"); /* at the same moment */
    assert_string_equal(listed(people_newest, 0, false), "1 2 5>");
    assert_string_equal(listed(people_newest, 5, false), "<4 3 6>");
    assert_string_equal(listed(people_newest, 6, false), "<7 8");
    assert_string_equal(listed(people_newest, 8, false), "1 2 5>"); /* nobody there (any more) */
    assert_string_equal(listed(people_newest, 4711, false), "1 2 5>");
    assert_string_equal(listed(people_newest, 7, true), "<4 3 6>");
    assert_string_equal(listed(people_newest, 4, true), "1 2 5>");
    assert_string_equal(listed(people_newest, 5, true), "1 2 5>"); /* one in front alone: the first page */
    assert_string_equal(listed(people_newest, 4711, true), "1 2 5>");
    assert_string_equal(listed(people_newest, INT64_MIN, true), "1 2 5>");
}

static void test_who_is_shut_out(void **state)
{
    NEEDS_SHOP();
    for (int64_t id = 1; id <= 16; id++) {
        come(id, "Budi", NULL, NULL);
        if (id % 2 == 0)
            MUST(bar_put(shop_begin(shop), 0, id, true, &err));
        if (id % 2 == 0)
            shop_commit(shop);
    }
    assert_string_equal(listed(people_barred, 0, false), "2 4 6>");
    assert_string_equal(listed(people_barred, 6, false), "<8 10 12>");
    assert_string_equal(listed(people_barred, 12, false), "<14 16");
    assert_string_equal(listed(people_barred, 16, false), "2 4 6>");
    assert_string_equal(listed(people_barred, 14, true), "<8 10 12>");
    assert_string_equal(listed(people_barred, 8, true), "2 4 6>");
    assert_string_equal(listed(people_barred, 7, false), "<8 10 12>"); /* let in meanwhile */
}

static void test_one_of_them(void **state)
{
    NEEDS_SHOP();
    struct people_detail detail;
    come(1, "Budi", NULL, "budi");
    int64_t since = shop->now_ms;
    shop->now_ms += 120000;
    come(1, "Budi", "S", "budi");
    int64_t seen = shop->now_ms;
    MUST(bar_put(shop_begin(shop), 0, 1, true, &err));
    shop_commit(shop);
    MUST(user_set_reachable(shop_begin(shop), 1, false, &err));
    shop_commit(shop);
    MUST(people_get(shop_task(shop), 1, &detail, &err));
    assert_string_equal(detail.person.first_name, "Budi");
    assert_string_equal(detail.person.last_name, "S");
    assert_string_equal(detail.person.username, "budi");
    assert_string_equal(detail.language_code, "id");
    assert_true(detail.created_ms == since && detail.seen_ms == seen && detail.person.barred_ms > seen);
    assert_false(detail.person.reachable);
    MUST_FAIL(ERR_NOT_FOUND, people_get(shop_task(shop), 2, &detail, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_by_what_a_name_begins_with),
        SHOP_TEST(test_names_of_any_length),
        SHOP_TEST(test_pages_of_a_search),
        SHOP_TEST(test_the_newest),
        SHOP_TEST(test_who_is_shut_out),
        SHOP_TEST(test_one_of_them),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
