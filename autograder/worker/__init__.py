"""What runs beside student code, in the sandbox.  Imports nothing from outside this folder but NumPy.

It knows nothing of what judges it - no reference, no solution, no points - and is copied into the
sandbox without the rest of the package.  Three kinds of process share a sandbox:

- the supervisor reads the job, says READY, starts the runner, and reports how it ended;
- the runner executes the cells in order.  At each check cell it forks
- a copy of itself, which waits with the state of that moment for calls.

The inputs of those calls are sent when the runner has ended and everything that will be shown has
left the sandbox; so nothing that a cell displays can contain them.
"""
