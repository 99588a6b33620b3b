"""Executes a notebook with nbclient, parameters given as papermill gives them.

Usage: execute_notebook.py INPUT.ipynb OUTPUT.ipynb [LINE ...]
Each LINE is C#; together they become a cell below the one tagged 'parameters'.
"""

import os
import sys

import nbformat
from nbclient import NotebookClient

source, target, *lines = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
if lines:
    tagged = [i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        sys.exit(f"{source}: {len(tagged)} cells are tagged 'parameters', not 1")
    given = nbformat.v4.new_code_cell("\n".join(lines), metadata={"tags": ["injected-parameters"]})
    notebook.cells.insert(tagged[0] + 1, given)

# No kernel is named: the notebook's own metadata must find ours.
client = NotebookClient(
    notebook,
    timeout=300,
    startup_timeout=120,
    resources={"metadata": {"path": os.path.dirname(os.path.abspath(source))}},
)
client.execute()
nbformat.validate(notebook)
nbformat.write(notebook, target)
