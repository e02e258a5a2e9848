"""
A program whose instances are known at each of its marks, for memprobe's passes.

    passes.py objects        counts rise and fall; the marks' names say how many there are
    passes.py line           one line makes the peak; prints its number
    passes.py threads        a thread sends the marks
    passes.py fork           a child that lives on its own
    passes.py quiet          prints and exits with 3
    passes.py size           prints what 1,000 instances hold together
"""

import gc
import os
import sys
import threading
import time


def mark(name):
    descriptor = os.environ.get("MEMPROBE_FD")
    if descriptor:
        os.write(int(descriptor), f"mark {name}\n".encode())
    # So that each mark has a sample of its own.
    time.sleep(0.05)


class Plain:
    def __init__(self, number):
        self.text = f"{number:0100}"
        self.other = None


class Sub(Plain):
    pass


class Slots:
    __slots__ = ("number", "text")

    def __init__(self, number):
        self.number = number
        self.text = f"{number:050}"


class Tangled(Plain):
    def __sizeof__(self):
        # Nobody's business: a look at the heap runs no code of the program's.
        os._exit(9)


def objects():
    gc.disable()
    mark("0 0")
    plain = [Plain(number) for number in range(1000)]
    mark("1000 0")
    plain += [Sub(number) for number in range(500)]
    mark("1500 0")
    slots = [Slots(number) for number in range(300)]
    mark("1500 300")
    for one in plain:
        one.other = one
    del one, plain[200:], slots[10:]
    # 1,300 wait in cycles for the collector.
    mark("1500 10")
    gc.collect()
    mark("200 10")
    tangled = [Tangled(number) for number in range(5)]
    mark("205 10")
    del tangled, plain, slots
    gc.collect()
    mark("0 0")


def line():
    early = [bytes(1000) for number in range(3000)]
    here = sys._getframe().f_lineno + 1
    late = [bytes(1000) for number in range(30000)]
    print(here)
    time.sleep(0.05)
    del late, early
    return [bytes(1000) for number in range(9000)]


def threads():
    kept = []

    def work(number):
        kept.extend(Plain(index) for index in range(100))

    for number in range(8):
        thread = threading.Thread(target=work, args=(number,))
        thread.start()
        thread.join()
    thread = threading.Thread(target=mark, args=("800 0",))
    thread.start()
    thread.join()


def fork():
    kept = [Plain(number) for number in range(100)]
    child = os.fork()
    if child == 0:
        kept += [Plain(number) for number in range(50)]
        list(range(200_000))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print(len(kept))


def quiet():
    kept = [Plain(number) for number in range(2000)]
    try:
        raise LookupError(len(kept))
    except LookupError as error:
        print(error)
    print("done", file=sys.stderr)
    sys.exit(3)


def size():
    kept = [Plain(number) for number in range(1000)]
    mark("1000 0")
    seen = {}
    for one in kept:
        values = vars(one)
        for part in [one, values, *values.values(), *values]:
            seen[id(part)] = sys.getsizeof(part)
    print(sum(seen.values()))
    mark("1000 0")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
