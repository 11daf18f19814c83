"""Runs a command with one of its descriptors made here, ends it in several ways, and tells what it left.

    python3 descriptors.py pipe 0 "normal SIGTERM" command... PORT

The descriptor is a pipe, a socket or a tty (of which it may be all three: 012); PORT in the command
becomes the port of a server here. Prints a line of JSON for each ending: whether O_NONBLOCK was set
before, while the command talked, and after it had ended, and whether the terminal is as it was.
"""
import fcntl, json, os, pty, select, signal, socket, subprocess, sys, termios

kind, which, endings, command = sys.argv[1], sys.argv[2], sys.argv[3].split(), sys.argv[4:]


def is_nonblocking(fd):
    return bool(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK)


def make():
    """The command's end and ours."""
    if kind == "tty":
        master, terminal = pty.openpty()
        settings = termios.tcgetattr(terminal)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSANOW, settings)
        return terminal, master
    if kind == "socket":
        theirs, ours = socket.socketpair()
        return theirs.detach(), ours.detach()
    reader, writer = os.pipe()
    return (reader, writer) if which == "0" else (writer, reader)


def read_until(fd, expected):
    seen = b""
    while expected not in seen:
        piece = os.read(fd, 65536)
        if not piece:
            sys.exit(f"ended after {seen!r}, before {expected!r}")
        seen += piece


def run(ending):
    theirs, ours = make()
    settings = termios.tcgetattr(theirs) if kind == "tty" else None
    before = is_nonblocking(theirs)
    server = socket.create_server(("127.0.0.1", 0))
    words = [word.replace("PORT", str(server.getsockname()[1])) for word in command]
    streams = [theirs if str(fd) in which else subprocess.DEVNULL for fd in range(3)]
    child = subprocess.Popen(words, stdin=streams[0], stdout=streams[1], stderr=streams[2], start_new_session=True)
    peer, _ = server.accept()
    peer.sendall(b"from the peer\n")
    if "0" in which:
        os.write(ours, b"typed\n")
        read_until(peer.fileno(), b"typed\n")
    if which != "0":
        read_until(ours, b"from the peer" if "1" in which else b"\n")
    during = is_nonblocking(theirs)
    if ending == "normal":
        peer.shutdown(socket.SHUT_WR)
    else:
        child.send_signal(getattr(signal, ending))
    # What is still written must not hold it up.
    while True:
        try:
            child.wait(0.02)
            break
        except subprocess.TimeoutExpired:
            if which != "0" and select.select([ours], [], [], 0)[0]:
                os.read(ours, 65536)
    print(json.dumps({
        "ending": ending,
        "before": before,
        "during": during,
        "after": is_nonblocking(theirs),
        "terminalIsAsItWas": settings is None or termios.tcgetattr(theirs) == settings,
    }), flush=True)
    peer.close()
    server.close()
    os.close(theirs)
    os.close(ours)


for ending in endings:
    run(ending)
