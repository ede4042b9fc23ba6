"""The tests; the byte code of them and of fkdash is kept, in folders that git ignores.

A run starts very many processes. Where PYTHONDONTWRITEBYTECODE is set each of them would compile all that it
imports; set in an image, it is not meant for a test run.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
