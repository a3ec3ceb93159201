#!/usr/bin/env python3
"""Looking at a running system from outside. usage: live_test.py SINGULA ECHO_FOLDER

A system of three runs: the echo server of the examples, a client that has a message waiting and never ends, and one that spins.
inspect, top, kill and the audit must tell of it what is so; strangers, wrong requests and a dying system must do no harm."""
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from pathlib import Path

singula, echo = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
passed = failed = 0

HOLDER = """#include "echo.h"
int main(void)
{
    static const char name[] = "echo";
    Echo_imp ep = Echo_imp_connect(name, 4);
    if (singula_is_null(ep))
        return 1;
    Echo_imp_send_Say(ep, Text_new(5000));
    for (volatile unsigned long long i = 0; i < 1ull << 50; i++)
        ; /* for ever, but for the verifier, who wants to know what becomes of ep */
    Echo_imp_abandon(ep);
    return 0;
}
"""
PARENT = """#include <singula/process.h>
int main(void)
{
    static const char name[] = "process", child[] = "spin";
    Processes_imp door = Processes_imp_connect(name, 7);
    if (singula_is_null(door))
        return 1;
    Process_set set = Process_set_imp_Waiting_new();
    if (singula_is_null(set)) {
        Processes_imp_close(door);
        return 1;
    }
    int started = 0;
    for (int i = 0; i < 3; i++) {
        Bytes which = Bytes_new(sizeof child);
        Bytes_data_write(which, 0, child, sizeof child);
        Processes_imp_send_Start(door, which);
        if (Processes_imp_next(door) != PROCESSES_TAG_Started) {
            struct Processes_Failed f;
            Processes_imp_recv_Failed(door, &f);
            break;
        }
        Process_imp p = Processes_imp_recv_Started(door);
        Process_imp_send_Wait(p);
        Process_set_imp_Waiting_add(set, p, i);
        started++;
    }
    Processes_imp_close(door);
    while (started--) {
        int64_t i;
        struct Process_Ended e;
        Process_imp p = Process_set_imp_Waiting_wait(set, SINGULA_FOREVER, &i);
        if (singula_is_null(p))
            break;
        Process_imp_recv_Ended(p, &e);
        Process_imp_close(p);
    }
    Process_set_imp_Waiting_free(set);
    return 0;
}
"""
FAMILY = """processes:
  - name: parent
    module: parent.wasm
    connect: [process]
    grants: {modules: [spin]}
  - name: spin
    module: spin.wasm
"""
SYSTEM = """processes:
  - name: server
    module: {echo}/server.wasm
    publish: [echo]
    service: true
  - name: holder
    module: holder.wasm
    connect: [echo]
    memory: compact
  - name: spin
    module: spin.wasm
    restart: on-failure
    max_restarts: 1
"""


def case(name, ok, what=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"live: {name}: {str(what)[:3000]}")


def run(*args, timeout=60, env=None):
    return subprocess.run([singula, *map(str, args)], capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=timeout,
                          env=env or globals()["env"])


def wait_for(what, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        r = what()
        if r:
            return r
        time.sleep(0.05)
    return None


def look():
    r = run("inspect", "--running", "--json")
    return json.loads(r.stdout) if r.returncode == 0 else None


def settled():
    """The system once the echo has come back to the holder."""
    j = look()
    return j if j and j["channels"] and j["channels"][0]["imp"]["queued"] == 1 and len(j["sips"]) == 3 else None


def inspecting(up):
    j = wait_for(settled)
    case("the system is seen", j, look())
    if not j:
        return
    sips = {s["name"]: s for s in j["sips"]}
    case("by its process", j["pid"] == up.pid, j)
    case("states", sips["server"]["state"].startswith("waits for a message") and sips["spin"]["state"] in ("ready", "running"), sips)
    case("accounts", sips["holder"]["memory"] == "compact" and sips["server"]["memory"] == "guard" and
         sips["spin"]["pages"] > 0 and sips["holder"]["blocks"] >= 1 and sips["server"]["queued"] == 1, sips)
    c = j["channels"][0]
    case("channels", c["contract"] == "Echo" and c["imp"]["owner"] == sips["holder"]["id"] and
         c["exp"]["owner"] == sips["server"]["id"] and c["exp"]["waiting"] and c["exp"]["queued"] == 0, j["channels"])
    case("names", [(n["name"], n["contract"], n["owner"]) for n in j["names"]] == [("echo", "Echo", sips["server"]["id"])], j["names"])
    r = run("inspect", "--running", "--map", "--json", up.pid)
    m = json.loads(r.stdout)["map"]
    case("the map adds up", sum(u["committed"] for u in m) == json.loads(r.stdout)["pages"]["committed"], m[:5])
    case("the map is disjoint", all(a["first"] + a["pages"] <= b["first"] for a, b in zip(m, m[1:])), m)
    case("the map has rights", not any("w" in u["rights"] and "x" in u["rights"] for u in m) and {"sip", "exchange heap"} <= {u["use"] for u in m}, m)
    r = run("inspect", "--running", "--map")
    case("as text", re.search(r"^  Echo: imp holder\[\d+\].*, 1 of \d+ queued; exp server\[\d+\] waits", r.stdout, re.M) and "rw-" in r.stdout and
         "echo: Echo, by server" in r.stdout, r.stdout)
    r = run("inspect", "--dot")
    case("as a graph", re.search(r"sip(\d+) -> sip(\d+) \[label=\"Echo", r.stdout), r.stdout)
    if shutil.which("dot"):
        svg = subprocess.run(["dot", "-Tsvg"], input=r.stdout, capture_output=True, text=True)
        case("that graphviz draws", svg.returncode == 0 and ">holder<" in svg.stdout, svg.stderr)
    r = run("inspect", "--audit")
    case("the audit holds", r.returncode == 0 and "one owner" in r.stdout, r.stdout + r.stderr)


def topping(up):
    def usage():
        text = run("top", "--once", "--interval=300ms", up.pid).stdout
        return text, {line.split()[1]: float(re.search(r" (\d+\.\d) ", line).group(1)) for line in text.splitlines()[2:]}
    def someone_computes(): # on a busy machine nobody may have had a processor meanwhile
        text, busy = usage()
        return (text, busy) if busy.get("spin", 0) + busy.get("holder", 0) > 10 * busy.get("server", 0) else None
    text, busy = wait_for(someone_computes) or usage()
    case("top sorts by CPU time", set(busy) == {"server", "holder", "spin"} and list(busy.values()) == sorted(busy.values(), reverse=True) and
         busy["spin"] + busy["holder"] > 10 * busy["server"], text)
    r = run("top")
    case("top wants a terminal", r.returncode == 2 and "--once" in r.stderr, r.stderr)
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(env | {"TERM": "xterm", "COLUMNS": "120", "LINES": "20"})
        os.execv(singula, [str(singula), "top", "--interval=50ms"])
    seen = b""
    end = time.monotonic() + 20
    for press in b"n", b"p", b"q":
        while time.monotonic() < end and b"sorted by" not in seen:
            seen += os.read(fd, 65536)
        time.sleep(0.2)
        os.write(fd, press)
    try:
        while True:
            seen += os.read(fd, 65536)
    except OSError:
        pass
    case("top on a terminal", os.waitpid(pid, 0)[1] == 0 and b"server" in seen and b"name" in seen and b"pages" in seen, seen)

    for term, want in ("no-such-terminal", b"of the type no-such-terminal is not known"), (None, b"without TERM is not known"):
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(env)
            os.environ.pop("TERM", None)
            os.environ.update({"TERM": term} if term else {})
            os.execv(singula, [str(singula), "top"])
        seen = b""
        try:
            while True:
                seen += os.read(fd, 65536)
        except OSError:
            pass
        case(f"top where TERM is {term}", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2 and want in seen and b"--once" in seen, seen)


def killing(up):
    def spin_cpu():
        j = look()
        spin = j and [s for s in j["sips"] if s["name"] == "spin"]
        return spin and spin[0]["state"] in ("ready", "running") and spin[0]["cpu_ns"]
    before = wait_for(spin_cpu)
    def again(): # not the first one still
        return 0 < (spin_cpu() or 0) < before
    r = run("kill", "nobody")
    case("kill of nobody", r.returncode == 1 and "nobody" in r.stderr, r.stderr)
    r = run("kill", "spin")
    case("kill", r.returncode == 0, r.stderr)
    case("it starts again", wait_for(again))
    r = run("kill", "spin", up.pid)
    case("kill again", r.returncode == 0, r.stderr)
    case("it is over", wait_for(lambda: (look() or {"sips": []}) and "spin" not in [s["name"] for s in look()["sips"]]))


def killing_children(folder):
    """Three children, that their parent alone knows by name: one is killed by its id, then the rest by name."""
    def spins(n):
        j = look()
        found = [s["id"] for s in j["sips"] if s["name"] == "spin" and s["state"] in ("ready", "running")] if j else []
        return found if len(found) == n else None
    (folder / "family.yaml").write_text(FAMILY)
    up = subprocess.Popen([singula, "up", folder / "family.yaml"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env)
    try:
        three = wait_for(lambda: spins(3))
        case("children are seen", three, look())
        r = run("inspect", "--running")
        case("ends that drivers own", r.stdout.count("exp driver (held)") == 3 and "in a queue" not in r.stdout and "by nobody" not in r.stdout, r.stdout)
        counts = re.search(r"in (\d+) blocks, (\d+) endpoints, (\d+) sets", r.stdout)
        case("blocks are told from endpoints and sets", counts and counts.groups()[:2] == ("0", "6") and int(counts[3]) >= 1, r.stdout)
        r = run("inspect", "--dot")
        case("as a graph, too", r.stdout.count('label="driver"') == 3 and "in a queue" not in r.stdout, r.stdout)
        r = run("kill", max(three or [0]) + 1000)
        case("kill of an id that there is not", r.returncode == 1, r.stderr)
        r = run("kill", three[1])
        case("kill of a child by id", r.returncode == 0 and wait_for(lambda: spins(2)) == [three[0], three[2]], (r.stderr, three, look()))
        r = run("kill", "spin")
        out = up.communicate(timeout=30)[1]
        case("kill of children by name", r.returncode == 0 and up.returncode == 0 and out.count("KILLED") == 3, (r.stderr, out))
    finally:
        up.kill()
        up.communicate()


def workers(folder):
    """How many threads run SIPs: one for each processor, unless the command line or the manifest says otherwise."""
    spin = f"processes:\n  - name: spin\n    module: {folder}/spin.wasm\n"
    (folder / "spin.yaml").write_text(spin)
    (folder / "bound.yaml").write_text(spin + "    worker: 5\n")
    have = os.sched_getaffinity(0)
    one = {min(have)}
    for what, cpus, args, want in (("all processors", have, ["spin.yaml"], len(have)), ("one processor", one, ["spin.yaml"], 1), ("--workers", one, ["--workers=3", "spin.yaml"], 3),
                                   ("worker in the manifest", one, ["bound.yaml"], 5), ("--seed", have, ["--seed=1", "spin.yaml"], 1)):
        def others(): # worker 0 is the program's first thread
            names = [p.read_text() for p in Path(f"/proc/{up.pid}/task").glob("*/comm")]
            return sum(n.startswith("singula-w") for n in names)
        def ready():
            sips = (look() or {"sips": []})["sips"]
            return sips and sips[0]["cpu_ns"] > 0 and others() >= want - 1
        up = subprocess.Popen([singula, "up", *args], cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=env, preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        try:
            case(f"workers: {what}", wait_for(ready) and others() == want - 1, (others(), want - 1))
        finally:
            up.kill()
            up.wait()


def answering(folder, system):
    """Something that listens as a system does, with that answer to everything; its number and the thread."""
    here = folder / "run" / "singula" / "999999"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(here))
    listener.listen(8)
    text = (system if isinstance(system, str) else json.dumps(system)).encode("latin-1")
    def serve():
        while True:
            try:
                c = listener.accept()[0]
            except OSError:
                return
            with c:
                c.recv(300)
                c.sendall(text)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    def stop():
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        here.unlink()
        thread.join()
    return 999999, stop


def broken(folder):
    """Whatever comes for an answer, a message is all that comes of it."""
    whole = json.dumps({"pid": 999999, "now_ns": 1, "sips": [{"id": 1, "name": "a", "state": "ready", "cpu_ns": 1}], "channels": []})
    texts = [whole[:n] for n in range(0, len(whole), 7)] + ["[]", "{}", "3", '{"sips": 3}', '{"sips": [3]}', '{"sips": [{"id": "x", "name": 5}]}',
                                                             '{"error": "no"}', whole + whole, "\xff\0"]
    for text in texts:
        pid, stop = answering(folder, text)
        try:
            for args in (["inspect", "--running", pid], ["inspect", "--audit", pid], ["top", "--once", "--interval=10ms", pid], ["kill", "a", pid]):
                r = run(*args)
                good = r.returncode in (0, 1, 2) and (text == whole or r.returncode or text.startswith(("{", "["))) and "runtime error" not in r.stderr
                case(f"{args[0]} gets {text!r}", good, (r.returncode, r.stdout, r.stderr))
        finally:
            stop()


def leaving(folder):
    """top ends with the system, and says so."""
    up = subprocess.Popen([singula, "up", folder / "system.yaml"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=env)
    pid, fd, seen = 0, 0, b""
    try:
        case("a system to leave", wait_for(lambda: run("inspect", "--running", up.pid).returncode == 0))
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(env | {"TERM": "xterm", "COLUMNS": "120", "LINES": "20"})
            os.execv(singula, [str(singula), "top", "--interval=50ms", str(up.pid)])
        while b"sorted by" not in seen:
            seen += os.read(fd, 65536)
    finally:
        up.kill()
        up.wait()
    try:
        while True:
            seen += os.read(fd, 65536)
    except OSError:
        pass
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    case("top ends with the system", status == 1 and b"does not answer any more" in seen.split(b"sorted by")[-1], (status, seen[-300:]))


def without_descriptors(up):
    """Who looks waits while the system has no descriptor to spare, and is answered afterwards."""
    before = resource.prlimit(up.pid, resource.RLIMIT_NOFILE)
    look = [singula, "inspect", "--running", "--json", str(up.pid)]
    resource.prlimit(up.pid, resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        run("inspect", "--running", up.pid)  # the system waited for it with a descriptor at hand
        waits = subprocess.Popen(look, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        time.sleep(0.5)
        early = waits.poll()
    finally:
        resource.prlimit(up.pid, resource.RLIMIT_NOFILE, before)
    out, err = waits.communicate(timeout=30)
    case("no descriptors: nobody is answered", early is None, (early, out, err))
    case("no descriptors: answered later", waits.returncode == 0 and "server" in out, err)
    case("no descriptors: so is the next", run("inspect", "--running", up.pid).returncode == 0)


def many(folder):
    """Names are looked up in a time that does not grow with the square of their number."""
    n = 20000
    end = {"closed": False, "held": False, "waiting": False, "queued": 0, "bound": 1}
    system = {"pid": 999999, "now_ns": 1, "sips": [{"id": i + 1, "name": f"sip{i}", "state": "ready", "cpu_ns": 1000} for i in range(n)],
              "channels": [{"contract": "C", "imp": {**end, "owner": n - i}, "exp": {**end, "owner": n - i // 2}} for i in range(2 * n)]}
    system["channels"] = [c for c in system["channels"] if c["imp"]["owner"] > 0]
    pid, stop = answering(folder, system)
    try:
        for args in (["inspect", "--running", pid], ["top", "--once", "--interval=50ms", pid]):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            r = run(*args, timeout=300)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            case(f"{args[0]} of {n} SIPs", r.returncode == 0 and took < 8 and "sip17" in r.stdout, (took, r.stdout[:200], r.stderr))
    finally:
        stop()


def columns_of(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def names_in_columns(folder):
    """What comes after a name stands in its column, whatever signs the name is of."""
    names = ["plain", "b\u00fccher", "\u65e5\u672c\u8a9e\u306e\u540d\u524d", "e\u0301te\u0301", "\u65e5" * 15, "x" * 19 + "\u65e5"]
    system = {"pid": 999999, "now_ns": 1, "sips": [{"id": i + 1, "name": n, "state": "ready", "cpu_ns": 1} for i, n in enumerate(names)], "channels": []}
    pid, stop = answering(folder, system)
    try:
        for args in (["inspect", "--running", pid], ["top", "--once", "--interval=10ms", pid]):
            for locale in ("C", "C.UTF-8"):
                lines = [l for l in run(*args, env=env | {"LC_ALL": locale}).stdout.splitlines() if " ready " in l]
                at = [columns_of(l[:l.index(" ready ")]) for l in lines]
                fit = at if args[0] == "top" else at[:4]
                case(f"{args[0]} {locale}: columns", len(lines) == len(names) and set(fit) == {26}, (at, lines))
                case(f"{args[0]} {locale}: names", all(any(n[:9] in l for l in lines) for n in names), lines)
        terminal, fd = pty.fork()
        if terminal == 0:
            os.environ.update(env | {"TERM": "xterm", "COLUMNS": "120", "LINES": "20", "LC_ALL": "C"})
            os.execv(singula, [str(singula), "top", "--interval=50ms", str(pid)])
        seen = b""
        while names[2].encode() not in seen or names[1].encode() not in seen:
            if not select.select([fd], [], [], 60)[0]:
                break
            seen += os.read(fd, 65536)
        os.write(fd, b"q")
        case("top shows them on a terminal", names[2].encode() in seen and names[1].encode() in seen, seen[-1000:])
        try:
            while os.read(fd, 65536):
                pass
        except OSError:
            pass
        os.waitpid(terminal, 0)
    finally:
        stop()


def abusing(up, folder):
    path = folder / "run" / "singula" / str(up.pid)
    case("the folder is private", path.parent.stat().st_mode & 0o077 == 0, oct(path.parent.stat().st_mode))
    def say(data):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(str(path))
            s.sendall(data)
            return s.recv(65536)
    case("unknown requests", b"error" in say(b"dance\n"))
    case("long requests", b"error" in say(b"x" * 290 + b"\n"))
    say_nothing = socket.socket(socket.AF_UNIX)
    say_nothing.connect(str(path)) # and leave it open: the others wait two seconds at the most
    case("a silent client holds nobody up", run("inspect", "--running").returncode == 0)
    say_nothing.close()
    for bad, want in ((["inspect", "--running", "1"], "1"), (["inspect", "--running", "x"], "PID"), (["top", "--interval=1ms"], "--interval"),
                      (["kill"], "NAME"), (["kill", "a\nb"], "name"), (["top", "1", "2"], "at most one")):
        r = run(*bad)
        case(f"{bad} is refused", r.returncode == 2 and want in r.stderr and len(r.stderr.splitlines()) <= 2, (r.returncode, r.stderr))


with tempfile.TemporaryDirectory() as t:
    folder = Path(t)
    (folder / "run").mkdir()
    env = os.environ | {"XDG_RUNTIME_DIR": str(folder / "run"), "XDG_CACHE_HOME": str(folder / "cache")}
    r = run("inspect", "--running")
    case("nothing runs", r.returncode == 2 and "no system is running" in r.stderr, r.stderr)
    (folder / "holder.c").write_text(HOLDER)
    (folder / "spin.c").write_text("int main(void) { for (volatile int i = 0;; i++); }\n")
    (folder / "system.yaml").write_text(SYSTEM.format(echo=echo.resolve()))
    contract = Path(__file__).resolve().parents[2] / "examples/echo/echo.contract"
    subprocess.run([singula, "cc", folder / "holder.c", contract, "-o", folder / "holder.wasm"], check=True, cwd=folder, env=env)
    subprocess.run([singula, "cc", folder / "spin.c", "-o", folder / "spin.wasm"], check=True, cwd=folder, env=env)
    (folder / "parent.c").write_text(PARENT)
    subprocess.run([singula, "cc", folder / "parent.c", "-o", folder / "parent.wasm"], check=True, cwd=folder, env=env)
    killing_children(folder)
    workers(folder)
    many(folder)
    names_in_columns(folder)
    broken(folder)
    leaving(folder)
    up = subprocess.Popen([singula, "up", folder / "system.yaml"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env)
    try:
        inspecting(up)
        topping(up)
        killing(up)
        abusing(up, folder)
        without_descriptors(up)
        second = subprocess.Popen([singula, "up", folder / "system.yaml"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=env)
        case("which of two", wait_for(lambda: "several" in run("inspect", "--running").stderr))
        second.send_signal(signal.SIGKILL)
        second.wait()
        left = folder / "run" / "singula" / str(second.pid)
        case("a dead one leaves its socket", left.exists())
        case("a dead one does not count", run("inspect", "--running").returncode == 0)
        case("its socket is taken away", not left.exists())
    finally:
        up.send_signal(signal.SIGTERM)
        out = up.communicate(timeout=30)[1]
    case("how it ended", up.returncode == 128 + signal.SIGTERM and "spin         trapped KILLED after 1 restart" in out, out)
    case("the socket is gone", not (folder / "run" / "singula" / str(up.pid)).exists())
print(f"live: {passed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
