"""The programs that run beside student code, in the sandbox.  They import only this folder and NumPy.

They know nothing of what judges an answer (no reference, no solution, no points), and they are
copied into the sandbox without the rest of the package.  A sandbox holds three kinds of process:

- The supervisor reads the job, says READY, starts the runner, and reports that the runner has ended.
  Behind walls it is process 1: no signal from the others can stop or end it, and it watches how much
  memory they hold.  Its own memory and files are closed to them.
- The runner executes the cells in order.
- At each check cell the runner forks a copy of itself.  The copy has the state of that moment and
  waits for calls.

The inputs of those calls are sent only after the runner has ended and its last output has left the
sandbox.  So nothing that a cell displays can contain them.
"""
