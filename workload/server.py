"""
What the database server holds for this workload, for memprobe: memory that was moved there is not
gone.

PostgreSQL serves each connection with a process of its own, so memprobe is told which. MariaDB
serves all of them with threads of one process, and keeps an account of each session, which is
asked for.
"""

# Where a process can have an id that means something here.
LOCAL = ("localhost", "127.0.0.1", "::1")


class Server:
    """The other end of a Django connection that is open."""

    def __init__(self, connection, marks):
        self.connection = connection
        self.marks = marks
        self.used = None

    def before(self):
        """Call it before the measured part: what the server holds now was there before."""
        if not self.marks.heard:
            return
        if self.connection.vendor == "postgresql":
            self.send_process()
        elif self.connection.vendor == "mysql":
            self.used = self.account("Memory_used")

    def after(self):
        """Call it after the measured part."""
        if self.marks.heard and self.connection.vendor == "mysql":
            self.send_account()

    def send_process(self):
        info = self.connection.connection.info
        if info.host.startswith("/") or info.host in LOCAL:
            self.marks.send("server", "pid", info.backend_pid, "postgres")
        else:
            self.marks.send("server", "unavailable", "it is on another machine")

    def send_account(self):
        most = self.account("Max_memory_used")
        if self.used is None or most is None:
            reason = "this server has no account of a session's memory (MariaDB has)"
            self.marks.send("server", "unavailable", reason)
        else:
            self.marks.send("server", "memory", max(0, most - self.used), "B")

    def account(self, name):
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE %s", [name])
            row = cursor.fetchone()
        return None if row is None else int(row[1])
