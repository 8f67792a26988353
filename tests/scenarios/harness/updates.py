"""Updates that a test makes itself and posts to lapakd as Telegram would: for what no person could do in the chat
page, and for many at the same instant."""

import asyncio
import itertools
import json

_numbers = itertools.count(800_000_001)


def message(person, text=None, **more):
    """A message in the person's private chat. `more` replaces or adds members of the message."""
    number = next(_numbers)
    body = {
        "message_id": number,
        "date": 1_790_000_000,
        "from": _sender(person),
        "chat": {"id": person.id, "type": "private", "first_name": person.first_name},
    }
    if text is not None:
        body["text"] = text
    body.update(more)
    return {"update_id": number, "message": body}


def callback(person, data, message_id=1, **more):
    """A button pressed under the message of that id. `more` replaces or adds members of the callback query."""
    number = next(_numbers)
    query = {
        "id": str(number),
        "from": _sender(person),
        "message": {"message_id": message_id, "date": 1_790_000_000, "chat": {"id": person.id, "type": "private"}},
        "chat_instance": "1",
        "data": data,
    }
    query.update(more)
    return {"update_id": number, "callback_query": query}


def _sender(person):
    return {"id": person.id, "is_bot": False, "first_name": person.first_name, "language_code": "id"}


def post_all(port, path, bodies, headers, seconds=60):
    """Posts the bodies (bytes), each on a connection of its own, all at the same instant. A list of
    (status, headers, text) in the order of the bodies."""
    return asyncio.run(_post_all(port, path, bodies, headers, seconds))


async def _post_all(port, path, bodies, headers, seconds):
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in bodies]
    posts = [_post(*pair, path, body, headers) for pair, body in zip(connections, bodies)]
    try:
        return await asyncio.wait_for(asyncio.gather(*posts), seconds)
    finally:
        for _, writer in connections:
            writer.close()


async def _post(reader, writer, path, body, headers):
    fields = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": len(body), **headers}
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(head.encode() + b"\r\n" + body)
    await writer.drain()
    status = int((await reader.readline()).split()[1])
    answered = {}
    while (line := (await reader.readline()).strip()):
        name, _, value = line.decode().partition(":")
        answered[name.lower()] = value.strip()
    text = await reader.readexactly(int(answered.get("content-length", 0)))
    return status, answered, text.decode()


def as_body(update):
    return update if isinstance(update, bytes) else json.dumps(update).encode()
