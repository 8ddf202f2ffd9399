"""What stands beside student code in the sandbox.  Imports nothing from outside this folder but NumPy.

It is copied into the sandbox without the rest of the package.
"""
