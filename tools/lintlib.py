"""What the lint scripts share."""
import os

SKIP = {".git", "__pycache__"}


def sources(root, suffixes):
    """Paths (text, from the root, sorted) of all files with those endings outside build folders."""
    found = []
    for folder, dirs, files in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in SKIP and not d.startswith("build"))
        for name in files:
            if name.endswith(suffixes):
                found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def report(name, bad):
    """Prints the findings and the line that ./test adds up; the exit status."""
    for line in bad:
        print(line)
    print(f"{name}: {0 if bad else 1} passed, {1 if bad else 0} failed, 0 skipped")
    return 1 if bad else 0
