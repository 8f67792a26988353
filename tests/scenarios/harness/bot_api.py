"""A bot's side of the sandbox's Bot API, for tests of the sandbox itself: no lapakd is involved."""

import json
import urllib.error
import urllib.request
import uuid


class BotApi:
    """Calls methods in the name of a bot, which is made with it."""

    def __init__(self, sandbox, token):
        self.sandbox, self.token, self.id = sandbox, token, int(token.partition(":")[0])
        sandbox.post("bot", token=token)

    def request(self, method, **params):
        """The whole answer, ok or not."""
        request = urllib.request.Request(
            f"{self.sandbox.url}/bot{self.token}/{method}", data=json.dumps(params).encode(),
            headers={"Content-Type": "application/json"})
        return self._open(request)

    def upload(self, method, name, filename, content, **params):
        """The same with a file in the parameter `name`."""
        border = uuid.uuid4().hex
        parts = [f'--{border}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
                 for key, value in params.items()]
        parts.append(f'--{border}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
                     f"Content-Type: text/csv\r\n\r\n".encode() + content + b"\r\n")
        request = urllib.request.Request(
            f"{self.sandbox.url}/bot{self.token}/{method}", data=b"".join(parts) + f"--{border}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={border}"})
        return self._open(request)

    @staticmethod
    def _open(request):
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def call(self, method, **params):
        """The result of a call that goes well."""
        answer = self.request(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    def refusal(self, method, **params):
        """The description of a call that is refused."""
        answer = self.request(method, **params)
        assert not answer["ok"], f"{method} went well: {answer}"
        return answer["description"]

    def download(self, path):
        """(status, bytes) of a file whose path getFile gave."""
        url = f"{self.sandbox.url}/file/bot{self.token}/{path}"
        try:
            with urllib.request.urlopen(url, timeout=30) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
