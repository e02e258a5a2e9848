"""
Runs a Python program under tracemalloc and writes the peak, in bytes, to a file.

    python traced.py OUTPUT PROGRAM [ARGUMENT]…
"""

import runpy
import sys
import tracemalloc

output = sys.argv[1]
del sys.argv[:2]
tracemalloc.start()
runpy.run_path(sys.argv[0], run_name="__main__")
_, peak = tracemalloc.get_traced_memory()
with open(output, "w") as file:
    file.write(str(peak))
