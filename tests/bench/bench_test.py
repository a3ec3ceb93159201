#!/usr/bin/env python3
"""Runs the measurements in their shortest form and looks at what they print. usage: bench_test.py SINGULA GUESTS_DIR

Figures are not judged, only that every cell is there and makes sense.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SINGULA, GUESTS = sys.argv[1:3]
CORES = len(os.sched_getaffinity(0))
passed = failed = 0


def run(*words, env=None):
    return subprocess.run([SINGULA, "bench", *words], capture_output=True, text=True, timeout=240, env=env)


def case(name, holds, why=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"bench: {name}: {why}")


def spread_ok(s):
    return 0 < s["best"] <= s["p10"] <= s["median"] <= s["p90"] and s["n"] > 0


def calls():
    columns = ["native", *(["compiled"] if has_compiler() else []), "interpreted"]
    r = run("call", "--quick", "--json")
    case("call ends well", r.returncode == 0, r.stderr)
    rows = json.loads(r.stdout or "{}").get("operations", {})
    case("call has its operations", list(rows) == ["host", "direct", "indirect", "get", "sum", "fill", "message", "allocate"], rows)
    case("call has figures", all(list(x)[1:] == columns and all(spread_ok(x[c]) for c in columns) for x in rows.values()), rows)
    r = run("call", "--quick", "--memory=compact")
    case("call table", r.returncode == 0 and "empty host call" in r.stdout and "compact memory" in r.stdout, r.stdout + r.stderr)


def alloc():
    r = run("alloc", "--quick", "--json")
    case("alloc ends well", r.returncode == 0, r.stderr)
    doc = json.loads(r.stdout or "{}")
    cells = {(c["pattern"], c["allocator"], c["bytes"]): c["ns"] for c in doc.get("cells", [])}
    rows = ["singula", "singula (i)", "malloc", "calloc"] + ["mimalloc", "mimalloc, zeroed"] * doc.get("mimalloc", False)
    wanted = {(p, row, n) for p in ["single", "batch"] for row in rows for n in [64, 256, 1024, 4096, 16384, 65536]}
    case("alloc has its cells", set(cells) == wanted, sorted(cells))
    case("alloc has figures", all(spread_ok(x) for x in cells.values()), cells)
    r = run("alloc", "--quick")
    case("alloc table", r.returncode == 0 and r.stdout.count("singula/zeroed  ") == 2 and
         ("not measured:" in r.stdout) != doc.get("mimalloc"), r.stdout + r.stderr)


def compute():
    columns = ["native guard", "native compact"] if has_compiler() else []
    node = bool(shutil.which("node"))
    columns += ["node turbofan", "node default"] if node else []
    columns += ["fast guard", "fast compact", *(["node liftoff"] if node else []), "interp guard", "interp compact"]
    r = run("compute", "--rounds=1", "--quick", "--json")
    case("compute ends well", r.returncode == 0, r.stderr)
    doc = json.loads(r.stdout or "{}")
    rows = doc.get("kernels", [])
    case("compute has its kernels", len(rows) == 30 and len({k["kernel"] for k in rows}) == 30, rows)
    case("compute has its columns", all(list(k["columns"]) == columns for k in rows), rows)
    case("compute has ratios", all(c["ratio"] > 0 and spread_ok(c["ns"]) for k in rows for c in k["columns"].values()) and
         all(spread_ok(k["native_ns"]) for k in rows), rows)
    means = doc.get("geomean_ratios", {})
    case("compute has means", list(means) == columns and all(x > 0 for x in means.values()), doc)
    r = run("compute", "--quick", "--kernel=fib", "--engine=interp", "--memory=compact")
    case("compute of one cell", r.returncode == 0 and "fib" in r.stdout and "sieve" not in r.stdout and
         "interp compact" in r.stdout and "guard" not in r.stdout and "turbofan" not in r.stdout, r.stdout + r.stderr)
    r = run("compute", "--quick", "--kernel=fib", env=os.environ | {"PATH": "/nowhere"})
    case("compute without node", r.returncode == 0 and "not measured: node is not installed" in r.stdout, r.stdout + r.stderr)


def channel():
    r = run("channel", "--quick", "--size=64", "--size=8200", "--size=256K", "--memory=compact", "--json")
    case("channel ends well", r.returncode == 0, r.stderr)
    doc = json.loads(r.stdout or "{}")
    cells = {(c["pattern"], c["variant"], c["mechanism"], c["bytes"]): c for c in doc.get("cells", [])}
    for size in [64, 8200, 256 << 10]:
        for pattern in ["ping-pong", "stream"]:
            for variant in ["hand-off", "every byte"]:
                for mechanism in ["singula", "pipe", "AF_UNIX", "shm ring"]:
                    c = cells.get((pattern, variant, mechanism, size))
                    case(f"channel {pattern} {variant} {mechanism} {size}", c and spread_ok(c["ns"]) and c["messages"] > 0, c)
            c = cells.get((pattern, "every byte, copied out", "singula", size))
            case(f"channel {pattern} copied {size}", c and spread_ok(c["ns"]), c)
        c = cells.get(("ping-pong", "hand-off", "singula (s)", size))
        case(f"channel send and receive {size}", c and spread_ok(c["ns"]), c)
        c = cells.get(("ping-pong", "hand-off", "singula (w)", size))
        case(f"channel on one of two workers {size}", c and spread_ok(c["ns"]), c)
    case("channel flatness", doc.get("slowest_size_over_fastest", 0) >= 1, doc)
    two = doc.get("two_cores", {})
    case("channel two cores", list(two) == ["cache line", "ping-pong", "stream", "blocks"] and
         all(spread_ok(x) for r in two.values() for x in r.values()), two)
    case("channel two cores' columns", all(("raw ring, two cores" in r) == (CORES > 1) for r in two.values()) and
         all(("singula, two cores" in two.get(r, {})) == (CORES > 1) and "singula, one core" in two.get(r, {})
             for r in ("ping-pong", "stream", "blocks")), two)
    r = run("channel", "--quick", "--only=two-cores")
    case("channel two cores alone", r.returncode == 0 and "kernel/sip" not in r.stdout and r.stdout.count("in millions per second") == 2 and
         ("there is no second core" in r.stdout) == (CORES == 1), r.stdout + r.stderr)
    r = run("channel", "--quick", "--only=one-core", "--size=64")
    case("channel table", r.returncode == 0 and r.stdout.count("singula, M/s") == 2 and "slowest size over fastest: 1.00x" in r.stdout and
         r.stdout.count("kernel/sip") == 5, r.stdout + r.stderr)


def sips():
    for engine in ["interp", "auto"]:
        r = run("sips", "--quick", f"--engine={engine}", "--live=300", "--ring=1000", "--rounds=2", "--json")
        case(f"sips {engine} ends well", r.returncode == 0, r.stderr)
        doc = json.loads(r.stdout or "{}")
        case(f"sips {engine} live", doc.get("live") == 300 and doc.get("live_ns", 0) > 0 and 0 < doc.get("live_bytes", 0) < 65536 and
             doc.get("mappings", 9) < 8, doc)
        case(f"sips {engine} times", doc and spread_ok(doc["spawn_ns"]) and spread_ok(doc["yield_ns"]), doc)
        ring = doc.get("ring", {})
        case(f"sips {engine} ring went round", ring and ring["sips"] == 1000 and ring["hops"] == 201000 and spread_ok(ring["hop_ns"]), ring)
        levels = [{k: v for k, v in ring.get(x, {}).items() if k != "resident"} for x in ("before", "after", "ended")]
        case(f"sips {engine} ring grows nothing", levels[0] == levels[1] and levels[0]["blocks"] == 1 and levels[0]["sips"] == 1000 and
             levels[0]["endpoints"] == 2000, levels)
        case(f"sips {engine} ring takes no memory", engine == "auto" or  # which compiles meanwhile
             ring["after"]["resident"] - ring["before"]["resident"] < 1 << 18, ring)
        case(f"sips {engine} ring ends", levels[2]["sips"] == levels[2]["blocks"] == levels[2]["endpoints"] == 0, levels)
    r = run("sips", "--only=ring", "--memory=guard", "--engine=interp", "--ring=3", "--rounds=1")
    case("sips smallest ring", r.returncode == 0 and "3 SIPs in a ring, 100002 hops; before and after: blocks 1 1," in r.stdout, r.stdout + r.stderr)
    r = run("sips", "--quick", "--memory=guard", "--live=8", "--ring=8", "--engine=interp")
    case("sips table", r.returncode == 0 and "8 SIPs live at once" in r.stdout and "guard memory" in r.stdout, r.stdout + r.stderr)


def has_compiler():
    return "llvm" in subprocess.run([SINGULA, "--version"], capture_output=True, text=True).stdout


def late():
    r = run("late", "--quick", "--json")
    case("late ends well", r.returncode == 0, r.stderr)
    cells = json.loads(r.stdout or "{}").get("cells", [])
    others = ["idle", "loop", "interp", "fill", "copy", "deep", "fall", "write", "alloc", "thaw", "random", "read", "chat", "grow", "most", "data", "elements",
              "hoard", "crowd", "crowded", "post", "names", "children", "heavy", "load", "compile",
              "swap"]
    case("late has its rows", list(dict.fromkeys(c["others"] for c in cells)) == others, cells)
    case("late has its columns", all([(c["workers"], c["busy"]) for c in cells if c["others"] == name] == [(1, 1), (2, 1)] for name in others), cells)
    case("late has figures", all(spread_ok(c["late_ns"]) and c["longest_ns"] >= c["late_ns"]["p90"] and c["thread_longest_ns"] > 0
                                 for c in cells), cells)
    r = run("late", "--quick", "--only=hoard", "--memory=compact")
    case("late table", r.returncode == 0 and "many blocks, then ends" in r.stdout and "memory.fill" not in r.stdout and
         "compact memory" in r.stdout, r.stdout + r.stderr)


def start():
    hello = os.path.join(GUESTS, "hello.wasm")
    r = run("start", "--quick", "--json")
    case("start ends well", r.returncode == 0, r.stderr)
    starts = json.loads(r.stdout or "{}").get("starts", {})
    native = ["auto, cached", "native, cached", "native, compiled first"] if has_compiler() else []
    others = ["node, the same guest"] if shutil.which("node") else []
    case("start has its rows", set(starts) == {"/bin/true", "native, dynamic", "auto", "interp", *native, *others}, starts)
    case("start has times", all(spread_ok(x["exit_ns"]) and x["cpu_ns"]["median"] > 0 for x in starts.values()), starts)
    case("start sees the first output", all(x["first_output_ns"]["median"] <= x["exit_ns"]["median"] for name, x in starts.items()
         if name != "/bin/true") and "first_output_ns" not in starts.get("/bin/true", {}), starts)
    r = run("start", "--rounds=1", hello)
    case("start of a file", r.returncode == 0 and hello in r.stdout and "interp" in r.stdout and "/bin/true" not in r.stdout, r.stdout + r.stderr)
    with tempfile.TemporaryDirectory() as d:
        r = run("start", "--rounds=1", env=os.environ | {"PATH": d, "XDG_CACHE_HOME": d})
        case("start without node", r.returncode == 0 and "node" in r.stdout and "not measured: it is not installed" in r.stdout, r.stdout + r.stderr)
        case("start leaves the user's cache alone", not os.listdir(d), os.listdir(d))


def compiling():
    names = ["fast"] + ["full"] * has_compiler() + (["V8 Liftoff", "V8 TurboFan"] if shutil.which("node") else [])
    r = run("compile", "--quick", "--json", os.path.join(GUESTS, "hello.wasm"))
    case("compile ends well", r.returncode == 0, r.stderr)
    rows = json.loads(r.stdout or "{}").get("modules", [])
    case("compile has its module", [m["module"] for m in rows] == ["hello.wasm"] and rows[0]["bytes"] > 0, rows)
    with open(os.path.join(GUESTS, "hello.wasm"), "rb") as f, tempfile.TemporaryDirectory() as folder:
        padded = os.path.join(folder, "padded.wasm")
        with open(padded, "wb") as out:  # a custom section of 1,000 bytes, "x"
            out.write(f.read() + b"\0" + bytes([0xe8, 0x07]) + b"\1x" + bytes(998))
        more = run("compile", "--quick", "--opt=fast", "--json", padded)
        case("compile counts no custom sections", more.returncode == 0 and rows and
             json.loads(more.stdout)["modules"][0]["bytes"] == rows[0]["bytes"], more.stdout + more.stderr)
    case("compile has its levels", rows and list(rows[0]["levels"]) == names, rows)
    case("compile has figures", all(x["mb_per_s"] > 0 and spread_ok(x["ns"]) and x["cpu_ns"]["median"] > 0 and (x["image_bytes"] > 0) ==
         (name in ["fast", "full"]) for m in rows for name, x in m["levels"].items()), rows)
    r = run("compile", "--quick", "--opt=fast")
    case("compile of one level", r.returncode == 0 and "generated" in r.stdout and "fast" in r.stdout and "full" not in r.stdout and
         "V8" not in r.stdout, r.stdout + r.stderr)


def mistakes():
    for words, text in [(["chanel"], "did you mean channel"), (["channel", "--size=7"], "multiples of 8"),
                        (["channel", "--only=three"], "two-cores"), (["channel", "--cpu=1000000"], "--cpu"), (["compute", "--kernel=fibb"], "fib"),
                        (["compute", "--rounds=0"], ""), (["compute", "--engine=nod"], "node"), (["verify", "--max=x"], "--max"), (["verify", "none.wasm"], "none.wasm"),
                        (["late", "--only=fil"], "is not one of idle, loop"), (["late", "--size=2G"], "from 1M to 1G"), (["start", "none.wasm"], "none.wasm"), (["start", "--rounds=0"], "--rounds"), (["compile", "none.wasm"], "none.wasm"),
                        (["compile", "--opt=best"], "best"), (["channel", "--rounds=x"], "--rounds"),
                        (["sips", "--live=0"], "--live"), (["sips", "--ring=2"], "--ring"), (["sips", "--memory=big"], "--memory")]:
        r = run(*words)
        case(" ".join(words), r.returncode == 2 and text in r.stderr, f"{r.returncode} {r.stderr}")
    r = run("channel", "--help")
    case("help", r.returncode == 0 and "round trip" in r.stdout, r.stdout)


def verify():
    with tempfile.TemporaryDirectory() as d:
        picture = os.path.join(d, "out.svg")
        r = run("verify", "--rounds=1", "--max=100K", f"--svg={picture}", "--json")
        case("verify ends well", r.returncode == 0, r.stderr)
        rows = json.loads(r.stdout or "{}").get("modules", [])
        case("verify has all shapes in each size", [m["module"] for m in rows] ==
             [f"{s} {n} MB" for s in ("plain", "mixed", "references") for n in ("0.01", "0.1")], rows)
        for m in rows:
            size = float(m["module"].split()[1]) * 1e6
            whole = m["module"] == "mixed 0.01 MB"  # two groups of functions, of some 6.5 KB each
            case(f"verify {m['module']}", abs(m["bytes"] / size - 1) < (0.35 if whole else 0.15) and spread_ok(m["singula"]["ns"]) and
                 spread_ok(m["types only"]["ns"]) and m["memory_ratio"] >= 0, m)
        lines = [e for e in xml.etree.ElementTree.parse(picture).iter() if e.tag.endswith("polyline")]
        case("verify draws all", [len(e.get("points").split()) for e in lines] == [2, 2, 2], lines)
        wrong = os.path.join(d, "wrong.wasm")
        with open(wrong, "wb") as f:
            f.write(b"\0asm\1\0\0\0\1")
        r = run("verify", wrong)
        case("verify of a wrong module", r.returncode == 2 and "refused" in r.stderr, r.stderr)


def main():
    missing = [g for g in ["alloc.wasm", "compute.wasm", "channel-client.wasm", "channel-server.wasm", "call.wasm", "hello.wasm", "sips-cell.wasm"]
               if not os.path.exists(os.path.join(GUESTS, g))]
    mistakes()
    verify()
    if missing:
        print("bench: no guests: clang-19, lld-19 or wasi-libc is missing")
    else:
        alloc()
        calls()
        compute()
        channel()
        sips()
        late()
        start()
        compiling()
    print(f"bench: {passed} passed, {failed} failed, {len(missing)} skipped")
    return 1 if failed else 77 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
