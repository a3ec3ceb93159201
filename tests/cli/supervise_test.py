#!/usr/bin/env python3
"""singula up as a supervisor. usage: supervise_test.py SINGULA EXAMPLES_FOLDER

Processes start in the order of what they depend on, whatever the order of the file; a circle is refused with file and line, unless
it is only one of names; clocks are read by those that were given them; restarts wait as documented, in virtual time; a
signal ends such a wait."""
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

singula, examples = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
work = Path(tempfile.mkdtemp(prefix="singula-supervise-"))
passed = failed = 0

GUESTS = {
    "clocks": """#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
static void read_clock(const char *name, clockid_t clock)
{
    struct timespec t;
    printf("%s: %s\\n", name, clock_gettime(clock, &t) == 0 && t.tv_sec > 0 ? "read" : strerror(errno));
}
static int sleep_until(clockid_t clock)
{
    struct timespec t = {.tv_sec = 1};
    return clock_nanosleep(clock, TIMER_ABSTIME, &t, NULL);
}
int main(void)
{
    struct timespec nap = {.tv_nsec = 1000000};
    read_clock("realtime", CLOCK_REALTIME);
    read_clock("monotonic", CLOCK_MONOTONIC);
    printf("sleeping until: %s, %s\\n", strerror(sleep_until(CLOCK_REALTIME)), strerror(sleep_until(CLOCK_MONOTONIC)));
    printf("sleeping for: %s\\n", nanosleep(&nap, NULL) == 0 ? "slept" : strerror(errno));
    return 0;
}
""",
    "parent": """#include <singula/process.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
    static const char name[] = "process", child[] = "b";
    Processes_imp door = Processes_imp_connect(name, 7);
    if (singula_is_null(door))
        return 1;
    rmdir("/gone");
    for (int i = 0; i < 3; i++) {
        Bytes which = Bytes_new(sizeof child);
        Bytes_data_write(which, 0, child, sizeof child);
        Processes_imp_send_Start(door, which);
        if (Processes_imp_next(door) == PROCESSES_TAG_Started) {
            Process_imp_abandon(Processes_imp_recv_Started(door));
            printf("started\\n");
        } else {
            struct Processes_Failed f;
            Processes_imp_recv_Failed(door, &f);
            printf("%s\\n", strerror((int)f.error));
        }
    }
    Processes_imp_close(door);
    return 0;
}
""",
    "homeless": """#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    if (argc > 1) {
        sleep((unsigned)atoi(argv[1]));
        return mkdir("/home", 0700);
    }
    rmdir("/home");
    return 3;
}
""",
    "letsgo": """#include <singula/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static int child(long ms)
{
    struct timespec nap = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    puts("child begins");
    fflush(stdout);
    nanosleep(&nap, NULL);
    puts("child ends");
    return 4;
}
int main(int argc, char **argv)
{
    static const char name[] = "process", kid[] = "kid";
    if (argc > 1)
        return child(atol(argv[1]));
    Processes_imp door = Processes_imp_connect(name, 7);
    if (singula_is_null(door))
        return 1;
    Bytes which = Bytes_new(sizeof kid);
    Bytes_data_write(which, 0, kid, sizeof kid);
    Processes_imp_send_Start(door, which);
    if (Processes_imp_next(door) == PROCESSES_TAG_Started) {
        Process_imp p = Processes_imp_recv_Started(door);
        Process_imp_send_Detach(p);
        Process_imp_close(p);
    } else {
        struct Processes_Failed f;
        Processes_imp_recv_Failed(door, &f);
    }
    Processes_imp_close(door);
    return 0;
}
""",
    "steady": """#include <stdlib.h>
#include <time.h>
int main(int argc, char **argv)
{
    struct timespec nap = {.tv_sec = argc > 1 ? atoi(argv[1]) : 0};
    nanosleep(&nap, NULL);
    return 3;
}
""",
}


def case(name, ok, what=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"supervise: {name}: {str(what)[:2000]}")


def up(text, *args):
    system, trace = work / "system.yaml", work / "trace"
    system.write_text(text)
    r = subprocess.run([singula, "up", "--audit", f"--trace={trace}", "--seed=1", *args, system], capture_output=True, text=True,
                       timeout=120, cwd=work)
    lines = [line.split() for line in trace.read_text().splitlines()]
    return r, lines


def processes(*entries):
    """Each entry: (name, module, further keys)."""
    return "processes:\n" + "".join(f"  - name: {n}\n    module: {m}\n" + "".join(f"    {k}\n" for k in keys) for n, m, *keys in entries)


def order(lines):
    return [line[2] for line in lines if line[3] == "spawned"]


for name, text in GUESTS.items():
    (work / f"{name}.c").write_text(text)
    r = subprocess.run([singula, "cc", work / f"{name}.c", "-o", work / f"{name}.wasm"], capture_output=True, text=True)
    case(f"the guest {name} compiles", r.returncode == 0, r)

echo, exits = examples / "echo", examples / "crasher/crasher.wasm"
server = ("server", echo / "server.wasm", "publish: [echo]", "service: true")
client = ("client", echo / "client.wasm", "args: [hi]", "connect: [echo]")
r, lines = up(processes(client, server))
case("who connects is started after who publishes", order(lines) == ["server", "client"] and r.returncode == 0, (order(lines), r))

store = {n: (n, examples / "store" / f"{m}.wasm", *keys) for n, m, *keys in [
    ("journal", "journal", "publish: [journal]"),
    ("store", "server", "publish: [door]", "connect: [journal]", "clocks: [monotonic]", "service: true"),
    ("porter", "porter", "publish: [store]", "connect: [door]", "service: true"),
    ("watcher", "client", "args: [watcher]", "connect: [store]"),
    ("writer", "client", "args: [writer]", "connect: [store]")]}
wrong = 0
for shuffled in list(itertools.permutations(store))[::7]:
    (work / "system.yaml").write_text(processes(*(store[n] for n in shuffled)))
    trace = work / "trace"
    r = subprocess.run([singula, "up", "--audit", "--seed=3", f"--trace={trace}", work / "system.yaml"], capture_output=True,
                       text=True, timeout=60)
    found = order([line.split() for line in trace.read_text().splitlines()])
    wrong += found[:3] != ["journal", "store", "porter"] or r.returncode != 0
case("a chain of four, in whatever order", wrong == 0, wrong)

exit0 = ("args: [exit, \"0\"]",)
r, lines = up(processes(("a", exits, *exit0, "after: [c]"), ("b", exits, *exit0), ("c", exits, *exit0, "after: [b]")))
case("`after`", order(lines) == ["b", "c", "a"] and r.returncode == 0, (order(lines), r))
case("who others come after runs ahead of them", [line[2] for line in lines if line[3] in ("spawned", "ends:")] ==
     ["b", "b", "c", "c", "a", "a"], lines)

r, lines = up(processes(("a", exits, *exit0, "publish: [x]", "connect: [y]"), ("b", exits, *exit0, "publish: [y]", "connect: [x]"),
                        ("c", exits, *exit0, "connect: [x]")))
case("a circle of names is no mistake", order(lines) == ["a", "b", "c"] and r.returncode == 0, (order(lines), r))
r, lines = up(processes(("a", exits, *exit0, "publish: [x]", "connect: [y]", "after: [b]"), ("b", exits, *exit0, "publish: [y]", "connect: [x]")))
case("`after` says how it is to be opened", order(lines) == ["b", "a"], (order(lines), r))

for text, says in [
        (processes(("a", exits, "after: [b]"), ("b", exits, "after: [a]")), "system.yaml:4:12: after: a would have to start before itself"),
        (processes(("a", exits), ("b", exits, "after: [b]")), "system.yaml:6:12: after: b would have to start before itself"),
        (processes(("a", exits, "after: [z]")), "system.yaml:4:12: after: there is no process z"),
        (processes(("a", exits, "clocks: [tea]")), "system.yaml:4:13: clocks: tea is not one of realtime, monotonic"),
        (processes(("a", exits, "clocks: monotonic")), "system.yaml:4:13: clocks: a list is wanted here, [like, this]; found a single value"),
        (processes(("a", exits, "afer: [b]")), "system.yaml:4:5: unknown key: afer, did you mean after?")]:
    r, _ = up(text)
    case(f"refused: {says}", r.returncode == 2 and says in r.stderr, r.stderr)

for given, real, mono, until in [("[]", "Capabilities insufficient", "Capabilities insufficient", ["Not supported"] * 2),
                                 ("[realtime]", "read", "Capabilities insufficient", ["Success", "Not supported"]),
                                 ("[monotonic]", "Capabilities insufficient", "read", ["Not supported", "Success"]),
                                 ("[realtime, monotonic]", "read", "read", ["Success"] * 2)]:
    r, _ = up(processes(("a", work / "clocks.wasm", f"clocks: {given}")))
    case(f"clocks: {given}", r.stdout.splitlines() == [f"realtime: {real}", f"monotonic: {mono}", f"sleeping until: {', '.join(until)}",
                                                      "sleeping for: slept"], r)
r, _ = up(processes(("a", work / "clocks.wasm")))
case("without `clocks`, none", r.stdout.count("insufficient") == 2, r)


parent = ("a", work / "parent.wasm", "connect: [process]", "grants: {modules: [b]}", "dirs: [\"{0}::/\"]".format(work))
for why, key, errno, says in (("memory", "quotas: {memory: 4K}", "Out of memory", "system.yaml:9:22: quotas.memory: process b cannot be started: "),
                              ("a folder that is gone", "dirs: [gone]", "I/O error", "system.yaml:9:11: dirs: process b cannot be started: ")):
    (work / "gone").mkdir(exist_ok=True)
    (work / "system.yaml").write_text(processes(parent, ("b", work / "steady.wasm", key)))
    r = subprocess.run([singula, "up", "--audit", "--quiet", "system.yaml"], capture_output=True, text=True, timeout=60, cwd=work)
    case(f"a child that cannot be started, for {why}: its parent", r.stdout.splitlines() == [errno] * 3, r)
    case(f"a child that cannot be started, for {why}: is told of once", r.stderr.count("\n") == 1 and says in r.stderr and r.returncode == 0, r)


def letting_go(*keys):
    return ("a", work / "letsgo.wasm", "connect: [process]", "grants: {modules: [kid]}", *keys)


def kid(ms):
    return ("kid", work / "letsgo.wasm", f"args: [\"{ms}\"]")


r, lines = up(processes(letting_go(), kid(5000)))
case("a detached child is waited for", r.stdout == "child begins\nchild ends\n" and r.returncode == 0, r)
(work / "system.yaml").write_text(processes(letting_go(), kid(100)))
r = subprocess.run([singula, "up", "--audit", work / "system.yaml"], capture_output=True, text=True, timeout=60)
case("... in real time, too", r.stdout == "child begins\nchild ends\n" and r.returncode == 0, r)
r, lines = up(processes(letting_go("restart: always", "max_restarts: 1"), kid(50)))
case("... and runs while its parent waits for a restart", [line[2:4] for line in lines if line[2] in ("a", "kid") and line[3] in ("spawned", "ends:")] ==
     [["a", "spawned"], ["kid", "spawned"], ["a", "ends:"], ["kid", "ends:"]] * 2 and r.returncode == 0, (r, lines))
r, lines = up(processes(letting_go(), ("kid", echo / "server.wasm", "publish: [echo]")))
case("... unless it waits for nobody", r.returncode == 0 and sorted(order(lines)) == ["a", "kid", "process"], (r, lines))
r, lines = up(processes(letting_go(), kid(5000)), "--timeout=3s")
case("... or the time is over", r.stdout == "child begins\n", (r, lines))
(work / "system.yaml").write_text(processes(letting_go(), kid(1000000)))
p = subprocess.Popen([singula, "up", "--audit", work / "system.yaml"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
said = p.stdout.readline()
p.send_signal(signal.SIGTERM)
out = p.communicate(timeout=60)
case("... or a signal comes", said == "child begins\n" and p.returncode == 128 + signal.SIGTERM, (p.returncode, out))


def waits(lines):
    at = [float(line[0]) for line in lines if line[3] == "spawned"]
    ends = [float(line[0]) for line in lines if line[3].startswith("ends")]
    return [round(b - a, 1) for a, b in zip(ends, at[1:])]


r, lines = up(processes(("a", work / "steady.wasm", "args: [\"59\"]", "restart: always")), "--timeout=10m")
case("who does not last for a minute waits longer and longer", waits(lines)[:8] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10], waits(lines))
r, lines = up(processes(("a", work / "steady.wasm", "args: [\"61\"]", "restart: on-failure", "max_restarts: 5")))
case("who does waits for 0.1 s each time", waits(lines) == [0.1] * 5 and "exited 3 after 5 restarts" in r.stderr, (waits(lines), r))
homeless = ("a", work / "homeless.wasm", f"dirs: [\"{work}::/\", \"home::/own\"]", "restart: on-failure", "max_restarts: 6")
(work / "home").mkdir()
r, lines = up(processes(homeless))
case("who cannot be restarted is tried again as often as it may be", order(lines) == ["a"] and r.returncode == 1 and
     r.stderr.count("system.yaml:4:11: dirs: process a cannot be started") == 6 and
     "a            could not be started again after 6 restarts\n" in r.stderr, r)
(work / "home").mkdir()
r, lines = up(processes(homeless, ("b", work / "homeless.wasm", f"dirs: [\"{work}::/\"]", "args: [\"1\"]")))
case("... and runs when it can be, after waits that are longer and longer: 0.1 + 0.2 + 0.4 + 0.8 s",
     [round(float(line[0]), 1) for line in lines if line[2:4] == ["a", "spawned"]] == [1, 2.5] and
     r.stderr.count("cannot be started") == 5, (r, lines))
r, lines = up(processes(("a", work / "steady.wasm", "restart: never")))
case("never", waits(lines) == [] and r.returncode == 1 and len(order(lines)) == 1, r)
r, lines = up(processes(("a", exits, *exit0, "restart: on-failure"), ("b", exits, "args: [divide]", "restart: on-failure", "max_restarts: 1")))
case("on failure", sorted(order(lines)) == ["a", "b", "b"] and "b            trapped INT_DIV_ZERO after 1 restart\n" in r.stderr, r)



def begin_waiting(runtime_dir):
    """A system whose only process waits longer and longer before it starts again."""
    system = work / f"waiting-{runtime_dir.name}.yaml" # two of them may be read at the same time
    system.write_text(processes(("a", exits, "args: [exit, \"7\"]", "restart: always")))
    return subprocess.Popen([singula, "up", system], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "XDG_RUNTIME_DIR": str(runtime_dir)})


def interrupted(p):
    """It is told to end while it waits for 10 s before the eighth restart."""
    for _ in range(8):
        p.stdout.readline()
    time.sleep(0.3)
    p.send_signal(signal.SIGTERM)
    sent = time.monotonic()
    out = p.communicate(timeout=60)[1]
    return time.monotonic() - sent, p.returncode, out


def ended_by_name(p, folder):
    """It is ended while it waits."""
    for _ in range(5):
        p.stdout.readline()
    env = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    wrong = subprocess.run([singula, "kill", "b", str(p.pid)], capture_output=True, text=True, timeout=60, env=env)
    for _ in range(100): # it may run just now, and is then started again
        kill = subprocess.run([singula, "kill", "a", str(p.pid)], capture_output=True, text=True, timeout=60, env=env)
        if kill.stdout or kill.returncode:
            break
    try:
        return wrong, kill, p.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        p.kill()
        return wrong, kill, p.communicate()


(work / "named").mkdir()
p = begin_waiting(work / "named")
wrong, kill, out = ended_by_name(p, work / "named")
case("who waits for a restart is ended by name, for good", kill.returncode == 0 and p.returncode == 1 and
     kill.stdout == "a waited to be started again: it will not be\n" and re.search("^a +(exited 7|trapped KILLED) after [0-9]+ restarts$", out[1], re.M), (kill, out))
case("... and by no other", wrong.returncode == 1 and "no SIP of name or id b runs there" in wrong.stderr, wrong)

(work / "run").mkdir()
both = [(what, begin_waiting(folder)) for what, folder in (("", work / "run"), (" without a control socket", work / "missing"))]
for what, p in both:
    took, status, said = interrupted(p)
    case(f"a signal ends the wait for a restart{what}", took < 8 and status == 128 + signal.SIGTERM, (took, status, said))

print(f"supervise: {passed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
