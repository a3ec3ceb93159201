#!/usr/bin/env python3
"""Guests that use drivers (docs/DRIVERS.md). usage: drivers_test.py SINGULA GUESTS WORK MANY_TEST WEB.wasm

Each guest of the folder GUESTS checks for itself what it gets and exits with 0 if all was right. Every system runs with io_uring and with
threads, with the monitor and without, and with the audit afterwards."""
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from pathlib import Path

singula, guests, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
many_test, web_wasm = Path(sys.argv[4]).resolve(), Path(sys.argv[5]).resolve()
passed = failed = skipped = 0


def case(name, ok, what=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL {name}: {what}")


def run(*args, **more):
    return subprocess.run([singula, *args], capture_output=True, text=True, cwd=work, timeout=120, **more)


def build(name):
    done = run("cc", "-Wall", "-Wextra", "-Werror", guests / f"{name}.c", "-o", work / f"{name}.wasm")
    case(f"{name}: compiles and is proved", done.returncode == 0, done.stderr)


def system(name, processes):
    """YAML is a superset of JSON."""
    path = work / f"{name}.yaml"
    path.write_text(json.dumps({"processes": processes}, indent=1))
    return path


WAYS = [("--io=ring", "--no-monitor"), ("--io=threads", "--no-monitor"), ("--io=ring", "--monitor", "--engine=interp"),
        ("--io=threads", "--monitor"), ("--seed=7",)]


def up(name, processes, expect=None, ways=WAYS, status=0, **more):
    """Runs the system in every way; the sorted lines of its output are `expect` (or what that says of them)."""
    path = system(name, processes)
    for way in ways:
        done = run("up", "--audit", "--quiet", "--timeout=60s", *way, path, **more)
        label = f"{name} {' '.join(way)}"
        case(f"{label}: exit status", done.returncode == status, f"{done.returncode}\n{done.stdout}{done.stderr}")
        lines = sorted(done.stdout.splitlines())
        if expect is not None:
            good = expect(lines) if callable(expect) else lines == sorted(expect)
            case(f"{label}: output", good, f"{lines}\n{done.stderr}")


def timers():
    build("timers")
    process = {"name": "timers", "module": "timers.wasm", "args": ["1000"]}
    granted = dict(process, connect=["timer"], clocks=["monotonic"])
    up("timers", [granted], ["timers: 16 fired, 0 too early", "timers: 1000 of 1000 fired, 0 out of order"])
    up("timers, many", [dict(granted, name=f"t{i}", args=["100"]) for i in range(20)])
    up("timers, not granted", [dict(process, connect=["*"])], ["timers: no timer"], status=1)
    build("clock")
    clock = {"name": "clock", "module": "clock.wasm", "connect": ["timer"]}
    up("timers, with the clock", [dict(clock, clocks=["monotonic"])], ["After: the time", "At: the time", "At again: the time"])
    for clocks in ([], ["realtime"]):
        up("timers, without the clock", [dict(clock, clocks=clocks)], ["After: 0", *(f"At{s}: Operation not permitted" for s in ("", " again"))])


def files():
    build("files")
    for folder in ("data", "fixed", "many"):
        (work / folder).mkdir()
    (work / "secret").write_text("secret")
    (work / "fixed/file").write_text("fixed")
    (work / "data/link").symlink_to("/etc/passwd")
    for i in range(100):
        (work / f"many/file-{i}").write_text("")
    process = {"module": "files.wasm", "connect": ["file"], "dirs": ["data::/data", "fixed::/fixed:ro", "many::many:ro"]}
    up("files", [dict(process, name=f"f{i}", args=[f"file{i}"]) for i in range(4)], ["files: all right"] * 4)
    up("files, not granted", [dict(process, name="f", args=["x"], connect=["*"])], lambda lines: "files: no driver" in lines, status=1)
    case("files: nothing is left", sorted(os.listdir(work / "data")) == ["link"], os.listdir(work / "data"))


def children():
    build("parent")
    build("child")
    parent = {"name": "parent", "module": "parent.wasm", "connect": ["process"], "grants": {"modules": ["child", "short"], "children": 8}}
    child = {"name": "child", "module": "child.wasm"}
    short = {"name": "short", "module": "child.wasm", "quotas": {"cpu": "20ms"}}
    up("children", [parent, child, short], lambda lines: set(lines) == {"child: detached", "child: waited for", "parent: all right"})


def series():
    """The place of a child that has ended is free when its parent is told."""
    build("series")
    parent = {"name": "s", "module": "series.wasm", "connect": ["process"], "args": ["60"], "grants": {"modules": ["w"], "children": 1}}
    path = system("series", [parent, {"name": "w", "module": "child.wasm", "args": ["exit", "0"]}])
    for way in WAYS:
        done = run("up", "--audit", "--quiet", "--timeout=60s", *way, path)
        case(f"series {way}", done.returncode == 0 and done.stderr == "series: 60, error 0\n", done.stderr)


class Live:
    """A system that runs, `waiting` lines having come on its standard error; standard input is a pipe on which nothing comes,
    standard output one that nobody reads."""

    def __init__(self, path, *options, lines=1, program=(singula,)):
        self.up = subprocess.Popen([*program, "up", "--quiet", *options, path], cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=dict(os.environ, XDG_RUNTIME_DIR=str(work)))
        self.said = [self.up.stderr.readline() for _ in range(lines)]

    def inspect(self, *options):
        return run("inspect", "--running", *options, str(self.up.pid), env=dict(os.environ, XDG_RUNTIME_DIR=str(work)))

    def end(self):
        """Its exit status, when it is told to end; None: it does not."""
        self.up.terminate()
        try:
            return self.up.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.up.kill()
            self.up.wait()
            return None


def ends():
    """A system ends whatever its drivers are at."""
    build("pending")
    network = {"network": ["listen 127.0.0.1:*"]}
    kinds = {what: {"name": what, "module": "pending.wasm", "args": [what], "connect": drivers, "grants": grants, "dirs": ["."]}
             for what, drivers, grants in (("read", ["console"], {}), ("accept", ["tcp"], network), ("timer", ["timer"], {}),
                                           ("open", ["file", "process", "timer"], {}))}
    names = sorted(kinds)
    for i, first in enumerate(names):
        for second in names[i:]:
            processes = [kinds[first]] + ([kinds[second]] if second != first else [])
            for way in ("--io=ring", "--io=threads"):
                live = Live(system(f"ends-{first}-{second}", processes), way, lines=len(processes))
                case(f"ends {first} {second} {way}: waits", set(live.said) == {"waiting\n"}, live.said)
                status = live.end()
                case(f"ends {first} {second} {way}", status == 143, status)


def leaves():
    """Who goes leaves no block behind that waits for somebody to read."""
    build("leaves")
    parent = {"name": "s", "module": "series.wasm", "args": ["3", "wait"], "connect": ["process", "timer"], "grants": {"modules": ["w"]}}
    child = {"name": "w", "module": "leaves.wasm", "args": ["8000000"], "connect": ["console"], "quotas": {"block_bytes": "9M"}}
    for way in ("--io=ring", "--io=threads"):
        live = Live(system("leaves", [parent, child]), way)
        case(f"leaves {way}: runs", live.said == ["series: 3, error 0\n"], live.said)
        seen = json.loads(live.inspect("--json").stdout or "{}")
        case(f"leaves {way}", seen and seen["heap"]["bytes"] < 1000000 and "console" in (n["name"] for n in seen["names"]), seen and seen["heap"])
        status = live.end()
        case(f"leaves {way}: ends", status == 143, status)


def last():
    """What somebody writes who ends at once is written, as far as it need not wait."""
    build("last")
    one = {"module": "last.wasm", "connect": ["console", "file"], "dirs": ["."]}
    # with a cache that is empty the module may still be compiled when all have ended
    for way in WAYS + [("--io=ring", "--opt=full"), ("--io=threads", "--opt=full")]:
        cache = os.environ | ({"XDG_CACHE_HOME": str(work / "cache")} if "--opt=full" in way else {})
        up("last", [dict(one, name=f"l{i}", args=[f"made{i}"]) for i in range(4)], ["last words"] * 4, ways=[way], env=cache)
        shutil.rmtree(work / "cache", ignore_errors=True)
        made = sorted(p.name for p in work.glob("made*"))
        case(f"last {way}: folders", made == [f"made{i}" for i in range(4)], made)
        for name in made:
            (work / name).rmdir()


def hoard():
    """No SIP, nor some together, have all descriptors: others, and who looks at the system, get some."""
    build("hoard")
    one = {"module": "hoard.wasm", "args": ["x"], "connect": ["file", "timer"]}
    few = f"ulimit -n 256; exec {singula} \"$@\""
    (work / "x").write_text("x")
    for n, most in ((1, 64), (6, 128)):
        live = Live(system(f"hoard-{n}", [dict(one, name=f"h{i}", dirs=["."]) for i in range(n)]), lines=n, program=["sh", "-c", few, "sh"])
        held = [int(line.split()[-1]) for line in live.said if line.startswith("hoard: ")]
        case(f"hoard {n}", len(held) == n and max(held) <= 64 and sum(held) == most, live.said)
        seen = live.inspect("--json")
        case(f"hoard {n}: can be looked at", seen.returncode == 0 and len(json.loads(seen.stdout)["sips"]) == n, seen.stderr)
        status = live.end()
        case(f"hoard {n}: ends", status == 143, status)


def both():
    """WASI and drivers have one limit."""
    build("both")
    (work / "x").write_text("x")
    full = "No file descriptors available"
    up("both", [{"name": "b", "module": "both.wasm", "args": ["x"], "connect": ["file"], "dirs": ["."]}],
       [f"both: {full}, {full}, Success, {full}"])


def lists():
    """What the driver needs for a list it needs for the few that are worked on, not for all that are asked for."""
    build("lists")
    peak = {}

    def ask(n):
        one = {"name": "l", "module": "lists.wasm", "args": [str(n)], "dirs": ["."], "connect": ["file"], "quotas": {"block_bytes": "20M"}}
        with subprocess.Popen([singula, "up", "--quiet", "--engine=interp", "--io=threads", system(f"lists-{n}", [one])], cwd=work,
                              stdout=subprocess.PIPE, text=True) as p:
            said = p.stdout.read()
            _, status, usage = os.wait4(p.pid, 0)
            p.returncode = os.waitstatus_to_exitcode(status)
        case(f"lists {n}", said == f"lists: {n} of {n} answered\n", said)
        peak[n] = min(usage.ru_maxrss * 1024, peak.get(n, 1 << 40))
        return (peak[n] - peak[100]) / n

    ask(100)
    # answers that pile up on a busy machine are the guest's, within its quota
    case("lists: bytes of memory for each", any(ask(10000) < 2500 for _ in range(5)), peak)


def names():
    """What guests call themselves does nothing to the terminal of who looks, and is not left out."""
    build("names")
    live = Live(system("names", [{"name": "n", "module": "names.wasm", "connect": ["timer"], "publish": ["*"]}]))
    case("names: runs", live.said == ["names\n"], live.said)
    text = live.inspect().stdout
    case("names", r"a\x1b[31m\x07\x0ab\xff\x5c: Timer, by n," in text and "\x1b" not in text, text)
    status = live.end()
    case("names: ends", status == 143, status)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def net():
    build("net")
    port = free_port()
    server = {"name": "echo", "module": "net.wasm", "connect": ["tcp", "timer"], "args": ["echo", str(port), "5"],
              "grants": {"network": [f"listen 127.0.0.1:{port}"]}}
    clients = [{"name": f"c{i}", "module": "net.wasm", "connect": ["tcp", "timer"], "args": ["client", str(port), "6"],
                "grants": {"network": ["connect *:*"]}} for i in range(5)]
    up("net", [server] + clients, ["client: 0 wrong"] * 5 + ["echo: 3000000 bytes"], ways=WAYS[:4])
    for _ in range(12): # while one worker looks at what has been done another one asks for more
        up("net, again", [server] + clients, ["client: 0 wrong"] * 5 + ["echo: 3000000 bytes"],
           ways=[("--io=ring", "--monitor", "--engine=interp", "--workers=2")])
    one = {"name": "r", "module": "net.wasm", "connect": ["tcp"], "args": ["refused", str(port)]}
    up("net, refused", [one], ["refused: Permission denied"])
    up("net, other port", [dict(one, grants={"network": [f"connect 127.0.0.1:{port + 1}", f"listen *:{port}"]})],
       ["refused: Permission denied"])
    up("net, nobody there", [dict(one, grants={"network": [f"connect 127.0.0.1:{port}"]})], ["refused: Connection refused"], ways=WAYS[:4])
    up("net, not granted", [dict(one, connect=["*"])], ["refused: no driver"])
    up("net, give up", [dict(one, args=["give-up", "0"], grants={"network": ["listen 127.0.0.1:0"]})], ["give-up: nobody came"], ways=WAYS[:4])
    bad = run("up", "--check", system("bad", [dict(one, grants={"network": ["listen x"]})]))
    case("net, bad rule", bad.returncode == 2 and "bad.yaml:" in bad.stderr and "listen x is neither" in bad.stderr, bad.stderr)


def console():
    build("console")
    text = "".join(f"line {i}\n" for i in range(20000))
    path = system("console", [{"name": "console", "module": "console.wasm", "connect": ["console"]}])
    for way in WAYS[:4]:
        done = run("up", "--audit", "--quiet", *way, path, input=text)
        case(f"console {way}", done.returncode == 0 and done.stdout == text and done.stderr == f"console: {len(text)} bytes\n",
             f"{done.returncode} {len(done.stdout)} {done.stderr[:300]}")
    closed = subprocess.run([singula, "up", "--audit", "--quiet", path], cwd=work, timeout=60, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    case("console, nothing to read", closed.returncode == 0 and closed.stderr == "console: 0 bytes\n", closed.stderr)
    head = subprocess.run(f"yes | {singula} up --audit --quiet {path} | head -c 5", shell=True, cwd=work, timeout=60, capture_output=True, text=True)
    case("console, nobody reads on", head.stdout == "y\ny\ny" and "console: " in head.stderr, head.stderr)


def fetch(port, path):
    """The first line and the body of an answer; None: nobody answers yet."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
            s.sendall(f"GET /{path} HTTP/1.0\r\n\r\n".encode())
            answer = b"".join(iter(lambda: s.recv(65536), b""))
    except ConnectionRefusedError:
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0].decode(), body


def web():
    (work / "www").mkdir()
    large = random.Random(3).randbytes(3_000_000)
    (work / "www/index.html").write_text("hello\n")
    (work / "www/large").write_bytes(large)
    for way in WAYS[:4]:
        port = free_port()
        path = system("web", [{"name": "web", "module": str(web_wasm), "args": [str(port), "4"], "dirs": ["www::/www:ro"],
                               "connect": ["file", "tcp"], "grants": {"network": [f"listen 127.0.0.1:{port}"]}}])
        server = subprocess.Popen([singula, "up", "--audit", "--quiet", "--timeout=60s", *way, path], cwd=work, stderr=subprocess.PIPE, text=True)
        first = None
        while first is None and server.poll() is None:
            first = fetch(port, "")
        case(f"web {way}: index", first == ("HTTP/1.0 200 OK", b"hello\n"), first)
        if first:
            got = fetch(port, "large")
            case(f"web {way}: 3 MB", got == ("HTTP/1.0 200 OK", large), got and (got[0], len(got[1])))
            case(f"web {way}: not there", fetch(port, "none")[0] == "HTTP/1.0 404 Not Found")
            case(f"web {way}: not out of its folder", fetch(port, "../secret")[0] == "HTTP/1.0 404 Not Found")
        _, err = server.communicate(timeout=60)
        case(f"web {way}: ends well", server.returncode == 0, err)


def many():
    build("many")
    (work / "pattern").write_bytes(bytes(i * 31 % 251 for i in range(500000)))
    for way, workers in (("ring", 1), ("threads", 1), ("ring", 2), ("threads", 2)):
        done = subprocess.run([many_test, work / "many.wasm", work, way, "1000", "5", str(workers)], capture_output=True, text=True, timeout=300)
        global skipped
        if done.returncode == 77:
            skipped += 1
        else:
            case(f"many {way} {workers}", done.returncode == 0, done.stdout + done.stderr)
        print(done.stdout, end="")


shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
timers()
files()
children()
series()
ends()
leaves()
hoard()
both()
last()
lists()
names()
net()
console()
web()
many()
print(f"drivers: {passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed != 0)
