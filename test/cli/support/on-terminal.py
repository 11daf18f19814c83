"""Runs a command on a terminal of its own, and hands on what it shows and what is typed.

    python3 on-terminal.py 01 command...      descriptors 0 and 1 of the command are the terminal

What the terminal shows goes to stdout, what comes on stdin is typed. The command's other
descriptors: stdin is /dev/null, stdout and stderr are this program's stderr. The terminal
neither echoes nor translates, so that bytes can be compared; lines, Ctrl-C and Ctrl-D work.
Exits as the command does, with 128 and the signal's number if one killed it, and with 99 if
the command left the terminal otherwise than it was.
"""
import os, pty, select, sys, termios

on_terminal, command = sys.argv[1], sys.argv[2:]
own_stderr = os.dup(2)
ready_read, ready_write = os.pipe()
pid, master = pty.fork()
if pid == 0:
    settings = termios.tcgetattr(0)
    settings[1] &= ~termios.OPOST
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, settings)
    os.write(ready_write, b".")
    if "0" not in on_terminal:
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    for descriptor in (1, 2):
        if str(descriptor) not in on_terminal:
            os.dup2(own_stderr, descriptor)
    try:
        os.execvp(command[0], command)
    finally:
        os._exit(98)

os.read(ready_read, 1)
terminal = os.open(os.ptsname(master), os.O_RDWR | os.O_NOCTTY)
before = termios.tcgetattr(terminal)
watched = [master, 0]
while True:
    readable, _, _ = select.select(watched, [], [], 0.05)
    if master in readable:
        os.write(1, os.read(master, 65536))
        continue
    if 0 in readable:
        typed = os.read(0, 65536)
        if typed:
            os.write(master, typed)
        else:
            watched.remove(0)
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        break
while select.select([master], [], [], 0)[0]:
    os.write(1, os.read(master, 65536))
if termios.tcgetattr(terminal) != before:
    sys.exit(99)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
