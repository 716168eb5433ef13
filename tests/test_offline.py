"""Everything works with the network off: nothing even tries to leave this machine."""

import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.model


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    finally:
        connection.close()


def test_add_ask_and_the_chat_reach_for_no_other_machine(tmp_path, offline_environment):
    environment, attempts = offline_environment
    app = [sys.executable, str(ROOT / "app.py"), "--library", str(tmp_path / "library"), "--empty"]
    page = "<html><head><title>Zinc</title></head><body><article><p>{}</p></article></body></html>"
    (tmp_path / "zinc.html").write_text(page.format("The price of zinc rose to 3,120 dollars a tonne in May 2024."))

    def run(*arguments):
        done = subprocess.run([*app, *arguments], env=environment, cwd=ROOT, capture_output=True, timeout=200)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    assert len(run("add", str(tmp_path / "zinc.html"), "--json")["added"]) == 1
    answer = run("ask", "What was the price of zinc in May 2024?", "--json")
    assert "3,120" in answer["passages"][0]["text"]
    assert attempts() == []

    port = free_port()
    server = subprocess.Popen(
        [*app, "chat", "--port", str(port)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        assert server.stderr is not None
        told = []
        for line in server.stderr:  # ends when the server does
            told.append(line.decode())
            if f":{port}" in told[-1]:
                break
        else:
            pytest.fail("".join(told))
        deadline = time.monotonic() + 60
        while True:
            try:
                status, body = get(port, "/")
                break
            except OSError:
                assert time.monotonic() < deadline, "the page does not answer"
                time.sleep(0.2)
        assert status == 200
        assert "Footnote" in body
    finally:
        server.kill()
        server.communicate()
    assert attempts() == []


def test_the_guard_is_on_in_what_the_tests_start(offline_environment):
    environment, attempts = offline_environment
    code = (
        "import socket\n"
        "try:\n    socket.create_connection(('example.com', 80))\n"
        "except OSError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "tests have no network" in done.stdout
    assert attempts() == ["getaddrinfo example.com"]
