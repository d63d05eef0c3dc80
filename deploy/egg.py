"""Write the egg that Scrapyd's addversion.json takes: the packages with all their data, and which settings to use.

    python deploy/egg.py candor.egg

scrapyd-deploy leaves out what is not Python (the models, the taxonomy), so it cannot be used here. The libraries that
Candor needs are not in the egg: install Candor's dependencies where Scrapyd runs.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("analysis", "candor", "crawler", "mappings")
ABOUT = {
    "EGG-INFO/PKG-INFO": "Metadata-Version: 2.1\nName: candor\nVersion: 1\n",
    "EGG-INFO/entry_points.txt": "[scrapy]\nsettings = crawler.settings\n",
}


def write_egg(path: Path) -> int:
    """Write the egg to ``path`` and return how many files it holds."""
    files = [file for top in PACKAGES for file in sorted((ROOT / top).rglob("*")) if file.is_file()]
    kept = [file for file in files if "__pycache__" not in file.parts]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as egg:
        for name, words in ABOUT.items():
            egg.writestr(name, words)
        for file in kept:
            egg.write(file, file.relative_to(ROOT))
    return len(kept)


if __name__ == "__main__":
    print(f"{write_egg(Path(sys.argv[1]))} files in {sys.argv[1]}")
