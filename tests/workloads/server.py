"""A server for tests: a line to its socket or port is a wish, and the answer is a line too.

server.py socket PATH | port N     `pid`, `grow MIB`, `die`, `env NAME`
server.py ask WISH…                asks the server that memgrid's variables name
"""

import os
import signal
import socket
import sys


def serve(listener, farewell):
    held = []

    def leave(*_):
        if farewell:
            with open(farewell, "a") as file:
                file.write("farewell\n")
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    listener.listen()
    print("listening", flush=True)
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rw") as lines:
            for line in lines:
                match line.split():
                    case ["grow", size]:
                        held.append(bytearray(int(size) << 20))
                        answer = "grown"
                    case ["die"]:
                        print("ERROR: told to die", flush=True)
                        os._exit(3)
                    case ["env", name]:
                        answer = os.environ.get(name, "")
                    case _:
                        answer = str(os.getpid())
                lines.write(answer + "\n")
                lines.flush()


def ask(wishes):
    if path := os.environ.get("MEMGRID_SERVICE_ECHO_SOCKET"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
    else:
        connection = socket.create_connection(("127.0.0.1", int(os.environ["ECHO_PORT"])))
    with connection, connection.makefile("rw") as lines:
        for wish in wishes:
            lines.write(wish + "\n")
            lines.flush()
            print(lines.readline().strip(), flush=True)


match sys.argv[1:]:
    case ["ask", *wishes]:
        ask(wishes)
    case ["socket", path, *farewell]:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        serve(listener, *(farewell or [None]))
    case ["port", port]:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(port)))
        serve(listener, None)
