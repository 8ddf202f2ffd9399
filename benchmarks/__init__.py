"""What is claimed about speed and memory, measured side by side: see README.md."""

import os

for name in ("OPENBLAS", "OMP", "MKL"):  # read when the libraries are loaded, so before any import
    os.environ[f"{name}_NUM_THREADS"] = "1"
