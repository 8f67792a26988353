"""Two S3-compatible stores for tests: a strict one of our own (it checks every signature anew, and can be told to fail),
and s3rver from the npm registry, which others wrote."""

import calendar
import hashlib
import hmac
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

from .processes import free_port

KEY_ID, SECRET, REGION = "S3RVER", "S3RVER", "us-east-1"
PAGE = 1000


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class _Refusal(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    unanswered = False

    def log_message(self, *_):
        pass

    # What is asked

    def _serve(self):
        store = self.server.store
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        store.requests.append((self.command, path, dict(pairs)))
        failure = store.next_failure(self.command, dict(pairs))
        try:
            if failure == "hang":
                store.released.wait()
                self.close_connection = True
                return
            if failure == "drop":
                self.close_connection = True
                return
            self.unanswered = failure == "unanswered"
            if isinstance(failure, int):
                raise _Refusal(failure, "AccessDenied" if failure == 403 else "InternalError")
            self._check_signature(path, pairs, body)
            bucket, _, key = urllib.parse.unquote(path).lstrip("/").partition("/")
            if bucket not in store.buckets:
                raise _Refusal(404, "NoSuchBucket")
            self._act(store.buckets[bucket], key, dict(pairs), body)
        except _Refusal as refusal:
            self._answer(refusal.status, f"<Error><Code>{refusal.code}</Code><Message>no</Message></Error>".encode())

    do_GET = do_PUT = do_POST = do_DELETE = _serve

    def _check_signature(self, path, pairs, body):
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
            self.headers.get("Authorization") or "",
        )
        if not found:
            raise _Refusal(403, "AccessDenied")
        key_id, day, region, names, signature = found.groups()
        date = self.headers["x-amz-date"]
        if key_id != KEY_ID or region != REGION:
            raise _Refusal(403, "InvalidAccessKeyId")
        if abs(time.time() - calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))) > 900 or date[:8] != day:
            raise _Refusal(403, "RequestTimeTooSkewed")
        if hashlib.sha256(body).hexdigest() != self.headers["x-amz-content-sha256"]:
            raise _Refusal(400, "XAmzContentSHA256Mismatch")
        if "host" not in names.split(";"):
            raise _Refusal(403, "AccessDenied")

        def quote(text):
            return urllib.parse.quote(text, safe="-_.~")

        canonical = "\n".join(
            [
                self.command,
                urllib.parse.quote(urllib.parse.unquote(path), safe="/-_.~"),
                "&".join(sorted(f"{quote(name)}={quote(value)}" for name, value in pairs)),
                *(f"{name}:{self.headers[name].strip()}" for name in names.split(";")),
                "",
                names,
                self.headers["x-amz-content-sha256"],
            ]
        )
        scope = f"{day}/{region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{SECRET}".encode()
        for step in (day, region, "s3", "aws4_request"):
            key = _hmac(key, step)
        if _hmac(key, text).hex() != signature:
            raise _Refusal(403, "SignatureDoesNotMatch")

    def _act(self, bucket, key, query, body):
        if not key:
            return self._list(bucket, query)
        if self.command == "GET":
            return self._get(bucket, key)
        if self.command == "DELETE":
            (bucket.uploads if "uploadId" in query else bucket.objects).pop(query.get("uploadId", key), None)
            return self._answer(204, b"")
        if "uploads" in query:
            upload = f"upload-{len(bucket.uploads) + 1}-{time.monotonic_ns()}"
            bucket.uploads[upload] = {}
            return self._answer(200, f"<R><UploadId>{upload}</UploadId></R>".encode())
        if "uploadId" not in query:
            bucket.objects[key] = body
            return self._answer(200, b"", ETag=f'"{hashlib.md5(body).hexdigest()}"')
        parts = bucket.uploads.get(query["uploadId"])
        if parts is None:
            raise _Refusal(404, "NoSuchUpload")
        if self.command == "PUT":
            parts[int(query["partNumber"])] = body
            return self._answer(200, b"", ETag=f'"{hashlib.md5(body).hexdigest()}"')
        return self._complete(bucket, key, query["uploadId"], parts, body.decode())

    def _complete(self, bucket, key, upload, parts, text):
        named = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>&quot;([0-9a-f]+)&quot;</ETag>", text)
        wanted = [(str(number), hashlib.md5(part).hexdigest()) for number, part in sorted(parts.items())]
        if named != wanted or any(len(part) < 5 * 1024 * 1024 for _, part in sorted(parts.items())[:-1]):
            raise _Refusal(400, "InvalidPart")
        bucket.objects[key] = b"".join(part for _, part in sorted(parts.items()))
        del bucket.uploads[upload]
        self._answer(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def _get(self, bucket, key):
        if key not in bucket.objects:
            raise _Refusal(404, "NoSuchKey")
        content = bucket.objects[key]
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        if self.headers.get("if-match") not in (None, etag):
            raise _Refusal(412, "PreconditionFailed")
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range") or "")
        first, last = (int(found[1]), min(int(found[2]), len(content) - 1)) if found else (0, len(content) - 1)
        if first >= len(content):
            raise _Refusal(416, "InvalidRange")
        extra = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
        self._answer(206 if found else 200, content[first : last + 1], ETag=etag, **extra)

    def _list(self, bucket, query):
        keys = sorted(key for key in bucket.objects if key.startswith(query.get("prefix", "")))
        keys = [key for key in keys if key > query.get("continuation-token", "")]
        page, more = keys[:PAGE], len(keys) > PAGE
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(bucket.objects[key])}</Size></Contents>" for key in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        self._answer(
            200, f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{items}{token}</ListBucketResult>".encode()
        )

    def _answer(self, status, body, **headers):
        if self.unanswered:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Bucket:
    def __init__(self):
        self.objects, self.uploads = {}, {}


class StrictS3:
    """`fail(what, method=…, times=…)`: a status, "hang" (no answer) "drop" (the connection closes), or "unanswered"
    (what was asked is done, and the connection closes before the answer)."""

    def __init__(self, *buckets):
        self.buckets = {name: _Bucket() for name in buckets}
        self.requests, self._failures, self.released = [], [], threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.store = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def fail(self, what, method=None, times=None, of=""):
        """`of`: only what is asked with that in its query."""
        self._failures.append([what, method, times, of])

    def unfail(self):
        self._failures.clear()
        self.released.set()
        self.released = threading.Event()

    def next_failure(self, method, query):
        for failure in self._failures:
            what, only, times, of = failure
            if only in (None, method) and times != 0 and (not of or of in query):
                failure[2] = times and times - 1
                return what
        return None

    def objects(self, bucket):
        return self.buckets[bucket].objects

    def stop(self):
        self.unfail()
        self._server.shutdown()
        self._server.server_close()


class S3rver:
    """https://github.com/jamhall/s3rver; it does not check signatures."""

    VERSION = "3.7.1"

    def __init__(self, directory, program, *buckets):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = [program, "-d", str(directory), "-a", "127.0.0.1", "-p", str(self.port), "--no-vhost-buckets"]
        for bucket in buckets:
            arguments += ["--configure-bucket", bucket]
        # its pages of lists are ciphered in a way that OpenSSL 3 keeps for such
        environment = {**os.environ, "NODE_OPTIONS": "--openssl-legacy-provider"}
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        for line in self._process.stdout:
            if b"now listening" in line.lower() or b"listening on" in line.lower():
                break
        threading.Thread(target=self._process.stdout.read, daemon=True).start()

    def stop(self):
        self._process.terminate()
        self._process.wait(20)

    @classmethod
    def program(cls, cache):
        """The installed program, fetched from the npm registry where it is not there yet; None where it can't be had."""
        found = Path(cache) / "node_modules" / ".bin" / "s3rver"
        if found.exists():
            return found
        npm = shutil.which("npm")
        if not npm:
            return None
        Path(cache).mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(cache), f"s3rver@{cls.VERSION}"],
            capture_output=True,
            timeout=180,
            check=False,
        )
        return found if done.returncode == 0 and found.exists() else None
