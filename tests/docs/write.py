"""`python -m tests.docs.write`: fill in the generated parts of every page again."""

from __future__ import annotations

from tests.docs.generated import filled
from tests.docs.pages import PAGES, name_of


def main() -> None:
    """Rewrite the pages whose generated parts have changed, and name them."""
    for page in PAGES:
        text = page.read_text("utf-8")
        fresh = filled(text)
        if fresh != text:
            page.write_text(fresh, "utf-8")
            print(name_of(page))  # noqa: T201 - the output


if __name__ == "__main__":
    main()
