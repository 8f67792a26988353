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

static const char *told(const struct people_row *people, size_t count)
{
    struct str s = STR_INIT(shop->work.arena);
    for (size_t i = 0; i < count; i++)
        str_addf(&s, "%s%lld", i ? " " : "", (long long)people[i].telegram_id);
    return str_done(&s);
}

static const char *found(const char *typed)
{
    struct people_found found;
    MUST(people_search(shop_task(shop), typed, 0, false, &found, &err));
    assert_null(shop->work.tx);
    return told(found.people, found.count);
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

/* Everybody once, however many have one name. */
static void test_pages_of_a_search(void **state)
{
    NEEDS_SHOP();
    enum { PEOPLE = 47 };
    for (int64_t id = 1; id <= PEOPLE; id++) {
        auto_arena struct arena *arena = arena_new();
        come(100 + id, "Same", NULL, id % 3 ? NULL : arena_printf(arena, "same_%lld", (long long)id % 2));
    }
    struct people_found found;
    bool seen[PEOPLE + 1] = {false};
    int64_t after = 0, pages = 0, count = 0;
    bool by_username = false;
    do {
        MUST(people_search(shop_task(shop), "sam", after, by_username, &found, &err));
        pages++;
        for (size_t i = 0; i < found.count; i++, count++) {
            const struct people_row *person = &found.people[i];
            assert_false(seen[person->telegram_id - 100]);
            seen[person->telegram_id - 100] = true;
            assert_int_equal(person->by_username, count < PEOPLE / 3);
            after = person->telegram_id;
            by_username = person->by_username;
        }
    } while (found.has_more);
    assert_int_equal(count, PEOPLE);
    assert_int_equal(pages, (PEOPLE + PEOPLE_ON_A_PAGE - 1) / PEOPLE_ON_A_PAGE);
    /* who is beside a page has another name by now, or is nobody */
    come(101, "Zoe", NULL, NULL);
    MUST(people_search(shop_task(shop), "sam", 101, false, &found, &err));
    assert_int_equal(found.count, 0);
    come(101, "Ani", NULL, NULL);
    MUST(people_search(shop_task(shop), "sam", 101, false, &found, &err));
    assert_true(found.count == PEOPLE_ON_A_PAGE && found.has_more);
    MUST(people_search(shop_task(shop), "sam", INT64_MIN, false, &found, &err));
    MUST(people_search(shop_task(shop), "sam", 4711, true, &found, &err));
}

typedef bool list_function(struct work *work, int64_t cursor, struct people_list *list_out,
                           struct error *err);

/* "-7<9 10 11>12": with the cursors of the pages beside it. */
static const char *listed(list_function *read, int64_t cursor)
{
    struct people_list list;
    MUST(read(shop_task(shop), cursor, &list, &err));
    struct str s = STR_INIT(shop->work.arena);
    if (list.before)
        str_addf(&s, "%lld<", (long long)list.before);
    str_add(&s, told(list.people, list.count));
    if (list.after)
        str_addf(&s, ">%lld", (long long)list.after);
    return str_done(&s);
}

static void test_the_newest(void **state)
{
    NEEDS_SHOP();
    assert_string_equal(listed(people_newest, 0), "");
    for (int64_t id = 20; id >= 1; id--)
        come(id, "Budi", NULL, NULL);
    shop_sql(shop, "UPDATE users SET created_at = (SELECT created_at FROM users WHERE telegram_id = 8)"
                   " WHERE telegram_id IN (7, 9)"); /* at the same moment */
    assert_string_equal(listed(people_newest, 0), "1 2 3 4 5 6 9 8>7");
    assert_string_equal(listed(people_newest, 7), "-7<7 10 11 12 13 14 15 16>17");
    assert_string_equal(listed(people_newest, 17), "-17<17 18 19 20");
    assert_string_equal(listed(people_newest, -17), "-7<7 10 11 12 13 14 15 16>17");
    assert_string_equal(listed(people_newest, -7), "1 2 3 4 5 6 9 8>7");
    static const int64_t nowhere[] = {4711, -4711, INT64_MAX, INT64_MIN, -1};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
        assert_string_equal(listed(people_newest, nowhere[i]), "1 2 3 4 5 6 9 8>7");
}

static void test_who_is_shut_out(void **state)
{
    NEEDS_SHOP();
    for (int64_t id = 1; id <= 24; id++) {
        come(id, "Budi", NULL, NULL);
        if (id % 2)
            continue;
        MUST(bar_put(shop_begin(shop), 0, id, true, &err));
        shop_commit(shop);
    }
    assert_string_equal(listed(people_barred, 0), "2 4 6 8 10 12 14 16>18");
    assert_string_equal(listed(people_barred, 18), "-18<18 20 22 24");
    assert_string_equal(listed(people_barred, -18), "2 4 6 8 10 12 14 16>18");
    assert_string_equal(listed(people_barred, 17), "-18<18 20 22 24"); /* let in meanwhile */
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
