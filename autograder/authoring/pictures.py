"""The README's pictures of the report and the website: `python -m autograder.authoring.pictures`.

It needs Chromium, the sample class's report (`course.py demo`) and the website (`course.py site`).
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from ..errors import UserError

# name: (page, where to scroll to, width and height)
PICTURES = {
    "report.png": ("gradebook/demo/reports/01_scalar_rnn/report.html", "body", (1000, 640)),
    "site.png": (
        "site/notebooks/01_scalar_rnn/01_scalar_rnn.html",
        "details:has(summary:text('Hint 1'))",
        (1200, 760),
    ),
}
COLOURS = 64  # enough for a page without photographs, and a quarter of the bytes


def main(root: Path) -> int:
    """Writes docs/*.png; raises UserError where a page is not there."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise UserError("no Chromium on this machine; it draws the pictures")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, (place, selector, (width, height)) in PICTURES.items():
            if not (root / place).exists():
                raise UserError(f"{place} is not there; run `course.py demo` and `course.py site` first")
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto((root / place).as_uri())
            page.wait_for_load_state("networkidle")
            save(page, selector, root / "docs" / name)
        browser.close()
    return 0


def save(page: Page, selector: str, path: Path) -> None:
    """What a window shows whose upper part is `selector`, in few colours."""
    page.locator(selector).first.evaluate("e => scrollTo(0, e.getBoundingClientRect().top + scrollY - 330)")
    page.wait_for_timeout(1000)  # formulas and fonts
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
