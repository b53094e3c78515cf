"""Operator tools: a command on the host talks to the running bot, over a socket in its folder.

The command names a tool; then the tool speaks, asks, and at last ends with an exit code. All of it
is JSON, a line each; `words` has them.
"""
