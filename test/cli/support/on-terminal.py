"""Runs a command on a terminal of its own; passes its output on, and types what it reads.

    python3 on-terminal.py 01 command...      descriptors 0 and 1 of the command are the terminal

The terminal's output goes to stdout, and stdin is typed into it. The command's other
descriptors: stdin is /dev/null, stdout and stderr are this program's stderr. The terminal
neither echoes nor translates, so that bytes can be compared; lines, Ctrl-C and Ctrl-D work.
Exits as the command does, with 128 and the signal's number if one killed it, and with 99 if
the command left the terminal otherwise than it was.
"""
import fcntl, os, pty, select, sys, termios

on_terminal, command = sys.argv[1], sys.argv[2:]
master, terminal = pty.openpty()
settings = termios.tcgetattr(terminal)
settings[1] &= ~termios.OPOST
settings[3] &= ~termios.ECHO
termios.tcsetattr(terminal, termios.TCSANOW, settings)
before = (termios.tcgetattr(terminal), fcntl.fcntl(terminal, fcntl.F_GETFL))

pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    others = {0: os.open("/dev/null", os.O_RDONLY), 1: os.dup(2), 2: os.dup(2)}
    for descriptor, other in others.items():
        os.dup2(terminal if str(descriptor) in on_terminal else other, descriptor)
    try:
        os.execvp(command[0], command)
    finally:
        os._exit(98)

watched = [master, 0]
ended = 0
while not ended:
    readable, _, _ = select.select(watched, [], [], 0.02)
    if master in readable:
        os.write(1, os.read(master, 65536))
    elif 0 in readable:
        typed = os.read(0, 65536)
        os.write(master, typed)
        if not typed:
            watched.remove(0)
    else:
        ended, status = os.waitpid(pid, os.WNOHANG)
while select.select([master], [], [], 0)[0]:
    os.write(1, os.read(master, 65536))
if (termios.tcgetattr(terminal), fcntl.fcntl(terminal, fcntl.F_GETFL)) != before:
    sys.exit(99)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
