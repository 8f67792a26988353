"""Many people at once, and channels: what broadcasts and obligatory membership need."""


def add_crowd(world, store, count, first=500_001, blocked=(), days_ago=0):
    """People `first` … who have written to the store's bot, `days_ago` days ago for the last time; those in `blocked`
    have since blocked it, which the store has yet to learn. Their ids. They are in the store's table and at Telegram without
    having sent anything: 10,000 of them take a second."""
    world.start()
    world.sandbox.post("people", bot=store.bot_id, first=first, count=count, blocked=list(blocked))
    store.query(
        "WITH made AS ("
        "INSERT INTO users (telegram_id, first_name, language_code, created_at, seen_at)"
        " SELECT id, 'Orang ' || id, 'id', now() - make_interval(days => %s), now() - make_interval(days => %s)"
        " FROM generate_series(%s::bigint, %s::bigint) AS id RETURNING 1)"
        " UPDATE counters SET value = value + (SELECT count(*) FROM made) WHERE name = 'users'",
        days_ago, days_ago, first, first + count - 1,
    )
    return range(first, first + count)


class Channel:
    """A channel (or group) at Telegram. `world.channel(…)` makes one."""

    def __init__(self, world, number, **what):
        self.world = world
        self.id = number
        self.username = what.get("username")
        world.sandbox.post("channel", id=number, **{key: value for key, value in what.items() if value is not None})

    def set(self, who, status):
        """`who`: a person, a store (its bot) or an id; `status`: member, left, kicked, administrator, creator, restricted."""
        number = getattr(who, "bot_id", None) or getattr(who, "id", who)
        self.world.sandbox.post("member", channel=self.id, user=number, status=status)

    def join(self, who):
        self.set(who, "member")

    def leave(self, who):
        self.set(who, "left")
