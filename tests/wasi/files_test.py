#!/usr/bin/env python3
"""Files of many SIPs at once, read and written meanwhile by io_uring and by threads. usage: files_test.py SINGULA

Six SIPs copy a file of 3 MB in odd pieces, look at places of it, write, sync, append, and compare; a seventh computes without end and an
eighth is ended by its time-out in the midst of its reading, again and again. Four more make, list, move and remove names, and so does
one that is ended in the midst of it. All copies must be right, and the audit after it."""
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

singula = Path(sys.argv[1]).resolve()
passed = failed = skipped = 0

COPY = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char buf[700000], back[700000];

#define MUST(x) do { if (!(x)) { perror(#x); return 1; } } while (0)

int main(int argc, char **argv)
{
    unsigned seed = (unsigned)atoi(argv[1]);
    char name[40];
    snprintf(name, sizeof name, "/copy%u", seed);
    int in = open("/source", O_RDONLY), out = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    long at = 0;
    MUST(in >= 0 && out >= 0);
    for (;;) {
        seed = seed * 1103515245u + 12345u;
        size_t n = seed % 7 ? seed % 5000 + 1 : seed % sizeof buf + 1, half = n / 3;
        struct iovec v[3] = {{buf, half}, {buf, 0}, {buf + half, n - half}};
        ssize_t got = readv(in, v, 3);
        MUST(got >= 0);
        if (got == 0)
            break;
        MUST(pread(in, back, (size_t)got, at) == got && memcmp(buf, back, (size_t)got) == 0);
        v[0].iov_len = (size_t)got / 2;
        v[2] = (struct iovec){buf + (size_t)got / 2, (size_t)got - (size_t)got / 2};
        MUST(writev(out, v, 3) == got);
        at += got;
        if (seed % 64 == 0)
            MUST(fsync(out) == 0 && fdatasync(out) == 0);
    }
    MUST(lseek(in, 0, SEEK_CUR) == at && lseek(out, 0, SEEK_CUR) == at);
    MUST(pwrite(out, "HEAD", 4, 0) == 4 && lseek(out, 0, SEEK_CUR) == at);
    MUST(close(out) == 0 && (out = open(name, O_WRONLY | O_APPEND)) >= 0);
    MUST(write(out, "tail", 4) == 4 && close(out) == 0);
    MUST(read(in, buf, 10) == 0 && write(in, "x", 1) < 0);
    return 0;
}
"""
NAMES = r"""
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(x) do { if (!(x)) { perror(#x); return 1; } } while (0)

static int count(const char *path)
{
    int n = 0;
    DIR *d = opendir(path);
    if (!d)
        return -1;
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

int main(int argc, char **argv)
{
    char dir[40], from[80], to[80], text[80];
    struct stat st;
    (void)argc;
    snprintf(dir, sizeof dir, "/names%s", argv[1]);
    MUST(mkdir(dir, 0755) == 0 && mkdir(dir, 0755) < 0 && errno == EEXIST);
    for (int i = 0; i < 600; i++) {
        snprintf(from, sizeof from, "%s/a-rather-long-name-that-fills-the-buffers-%d", dir, i);
        int fd = open(from, O_WRONLY | O_CREAT | O_EXCL, 0644);
        MUST(fd >= 0 && write(fd, from, (size_t)i % 50) == i % 50 && close(fd) == 0);
    }
    MUST(count(dir) == 600);
    for (int i = 0; i < 600; i += 2) {
        snprintf(from, sizeof from, "%s/a-rather-long-name-that-fills-the-buffers-%d", dir, i);
        snprintf(to, sizeof to, "%s/%d", dir, i);
        MUST(rename(from, to) == 0 && stat(from, &st) < 0 && errno == ENOENT);
        MUST(stat(to, &st) == 0 && st.st_size == i % 50);
        MUST(i % 20 || (link(to, from) == 0 && stat(from, &st) == 0 && st.st_nlink == 2 && unlink(from) == 0));
        MUST(i % 30 || (symlink("target", from) == 0 && readlink(from, text, sizeof text) == 6 && unlink(from) == 0));
        MUST(unlink(to) == 0 && unlink(to) < 0 && errno == ENOENT);
    }
    MUST(count(dir) == 300 && rmdir(dir) < 0 && errno == ENOTEMPTY);
    MUST(open("/../etc/passwd", O_RDONLY) < 0 && open("/nothing/at/all", O_RDONLY) < 0);
    return 0;
}
"""
SPIN = "int main(void) { for (volatile int i = 0;; i++); }\n"
FOREVER = r"""
#include <fcntl.h>
#include <unistd.h>
static char buf[300000];
int main(void)
{
    for (;;) {
        int fd = open("/source", O_RDONLY);
        while (read(fd, buf, sizeof buf) > 0)
            ;
        close(fd);
    }
}
"""


def case(name, ok, what=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"files: {name}: {str(what)[:3000]}")


def run(folder, way, engine):
    """One system; True if this kernel cannot have that way."""
    data = folder / f"data-{way}-{engine}"
    data.mkdir()
    source = random.Random(7).randbytes(3_000_001)
    (data / "source").write_bytes(source)
    lines = [f"engine: {engine}", "processes:"]
    for k in range(6):
        lines += [f"  - name: copy{k}", "    module: ../copy.wasm", f"    args: ['{k}']", "    dirs: ['.::/']",
                  f"    memory: {'compact' if k % 2 else 'guard'}"]
    for k in range(4):
        lines += [f"  - name: names{k}", "    module: ../names.wasm", f"    args: ['{k}']", "    dirs: ['.::/']"]
    lines += ["  - name: lister", "    module: ../names.wasm", "    args: [x]", "    dirs: ['.::/']", "    quotas: {timeout: 30ms}"]
    lines += ["  - name: spin", "    module: ../spin.wasm", "    quotas: {timeout: 1s}"]
    lines += ["  - name: forever", "    module: ../forever.wasm", "    dirs: ['.::/:ro']", "    quotas: {timeout: 150ms}",
              "    restart: on-failure", "    max_restarts: 4"]
    (data / "system.yaml").write_text("\n".join(lines) + "\n")
    args = [singula, "up", "--audit", *([f"--io={way}"] if way else []), data / "system.yaml"]
    r = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=120,
                       env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")})
    if way == "ring" and "not possible here" in r.stderr:
        return True
    name = f"{way or 'default'}, {engine}"
    want = {line.split()[0]: line for line in r.stderr.splitlines() if line[:1].isalpha() and not line.startswith("singula")}
    case(f"{name}: copies end well", all(want.get(f"copy{k}", "").endswith("exited 0") for k in range(6)), r.stderr)
    case(f"{name}: names end well", all(want.get(f"names{k}", "").endswith("exited 0") for k in range(4)), r.stderr)
    left = [len(list((data / f"names{k}").iterdir())) for k in range(4)]
    case(f"{name}: names are left as they should", left == [300] * 4, left)
    case(f"{name}: others are ended by their quotas", "trapped TIMEOUT" in want.get("spin", "") and
         "trapped TIMEOUT after 4 restarts" in want.get("forever", ""), r.stderr)
    case(f"{name}: the audit holds", r.returncode == 1 and "audit" not in r.stderr, r.stderr)
    right = hashlib.sha256(b"HEAD" + source[4:] + b"tail").hexdigest()
    wrong = [k for k in range(6) if hashlib.sha256((data / f"copy{k}").read_bytes()).hexdigest() != right]
    case(f"{name}: copies are right", not wrong, wrong)
    return False


with tempfile.TemporaryDirectory() as t:
    folder = Path(t)
    for name, text in ("copy", COPY), ("names", NAMES), ("spin", SPIN), ("forever", FOREVER):
        (folder / f"{name}.c").write_text(text)
        subprocess.run([singula, "cc", folder / f"{name}.c", "-o", folder / f"{name}.wasm"], check=True, cwd=folder)
    for way in "", "ring", "threads":
        for engine in "interp", "auto":
            skipped += run(folder, way, engine)
print(f"files: {passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed != 0)
