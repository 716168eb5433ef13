import socket
import subprocess
import sys
import threading

import pytest

from tests.network_guard import NetworkBlocked, is_local


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "", "0.0.0.0", b"127.0.0.1", None])
def test_this_machine_is_local(host):
    assert is_local(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "example.org", "127.0.0.1.example.org"])
def test_everything_else_is_not(host):
    assert not is_local(host)


def test_a_connection_outside_fails_and_is_noted(network_attempts):
    with socket.socket() as sock, pytest.raises(NetworkBlocked):
        sock.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkBlocked):
        socket.create_connection(("example.org", 80), timeout=1)
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(NetworkBlocked):
        sock.sendto(b"?", ("192.0.2.53", 53))
    assert network_attempts == ["connect 192.0.2.1", "getaddrinfo example.org", "sendto 192.0.2.53"]
    network_attempts.clear()


def test_a_connection_to_this_machine_works():
    with socket.create_server(("127.0.0.1", 0)) as server:
        greeter = threading.Thread(target=lambda: server.accept()[0].sendall(b"hello"))
        greeter.start()
        with socket.create_connection(server.getsockname(), timeout=10) as client:
            assert client.recv(5) == b"hello"
        greeter.join(10)


def test_a_process_started_offline_has_no_network_and_tells(offline_environment):
    environment, attempts = offline_environment
    program = "import socket; socket.create_connection(('example.org', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "NetworkBlocked" in done.stderr
    assert attempts() == ["getaddrinfo example.org"]
