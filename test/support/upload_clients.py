"""Uploads by Python's http.client, or curl: prints what came of each, counted, as JSON.

upload_clients.py http.client|curl HOST PORT PATH BYTES COUNT AT_ONCE
"""
import collections
import concurrent.futures
import http.client
import json
import subprocess
import sys

how, host, port, path, size, count, at_once = sys.argv[1:]
body = b"x" * int(size)


def by_http_client(_):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    try:
        connection.request("POST", path, body, {"Host": host})
        response = connection.getresponse()
        response.read()
        return str(response.status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def by_curl(_):
    done = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Expect:", "-H", f"Host: {host}",
         "--data-binary", "@-", f"http://127.0.0.1:{port}{path}"],
        input=body, capture_output=True, check=False,
    )
    return done.stdout.decode() if done.returncode == 0 else f"curl {done.returncode}"


upload = {"http.client": by_http_client, "curl": by_curl}[how]
with concurrent.futures.ThreadPoolExecutor(int(at_once)) as pool:
    print(json.dumps(collections.Counter(pool.map(upload, range(int(count))))))
